namespace Backprop.Shared.Protocol;

/// <summary>The connection is over: the other side closed it or is gone, or this side closed it. The message says which.</summary>
internal sealed class LinkClosedException(string message, Exception? inner = null) : Exception(message, inner);
