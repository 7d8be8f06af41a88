namespace Backprop.Coordinator.Cluster.Sessions;

/// <summary>
/// Where a run says that workers may come in. Its own type beside <see cref="CurrentRun"/>, so that a run without a server loads nothing of
/// gRPC.
/// </summary>
internal interface IRunDoor
{
    /// <summary>From now on workers come into this run.</summary>
    void Open(WorkerSessions sessions);

    /// <summary>Nobody comes into this run any more.</summary>
    void Close(WorkerSessions sessions);
}
