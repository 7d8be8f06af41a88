using Backprop.Shared.Protocol;

namespace Backprop.Worker.Shell;

/// <summary>Nobody has let this worker in, which may change: the message says who answered what, or that nobody did.</summary>
internal sealed class NoCoordinatorException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Somebody of the cluster answered: it may be asked again soon.</summary>
    public bool IsAnswer { get; init; }

    /// <summary>Who coordinates, by that answer; null: it did not say.</summary>
    public HostPort? Elsewhere { get; init; }
}
