using Backprop.Shared.Protocol;

namespace Backprop.Worker.Shell;

/// <summary>
/// One way to a coordinator: over a network, or to the process of this machine that started this worker. What it holds for files that are
/// still to be sent is given back when it is disposed; the link is not.
/// </summary>
internal interface IJoin : IDisposable
{
    /// <summary>Asks to take part, and opens the link.</summary>
    /// <param name="request">Makes what is asked; called anew for each time that it is asked.</param>
    /// <param name="stopping">Ends the waiting.</param>
    /// <exception cref="Backprop.Shared.Primitives.UserException">The coordinator refused this worker.</exception>
    /// <exception cref="NoCoordinatorException">Nobody there coordinates yet.</exception>
    /// <exception cref="LinkClosedException">The link could not be opened, or was closed.</exception>
    /// <exception cref="ProtocolException">What was answered is not allowed.</exception>
    JoinedLink Enter(Func<JoinRequest> request, CancellationToken stopping);
}

/// <summary>A worker is in.</summary>
/// <param name="Link">Open; it belongs to the caller.</param>
/// <param name="Reply">What the coordinator said, with the run file; it has been checked.</param>
/// <param name="Liveness">What it said about heartbeats.</param>
/// <param name="Address">Who let it in, for people.</param>
/// <param name="Fetch">Has a data file sent; null: all are where they are, on this machine.</param>
internal sealed record JoinedLink(
    FrameLink Link,
    JoinReply Reply,
    Liveness Liveness,
    LinkAddress Address,
    Action<OfferedFile, Stream>? Fetch);
