namespace Backprop.Shared.Protocol;

/// <summary>
/// The other side sent what the protocol does not allow. The message is a sentence that says what; there is nothing to do but to close
/// the connection.
/// </summary>
internal sealed class ProtocolException(string message, Exception? inner = null) : Exception(message, inner);
