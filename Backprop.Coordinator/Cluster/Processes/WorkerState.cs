namespace Backprop.Coordinator.Cluster.Processes;

/// <summary>Where a worker process stands, as its launcher sees it.</summary>
internal enum WorkerState
{
    /// <summary>It is about to be started, or was started and is not ready yet.</summary>
    Starting,

    /// <summary>It was ready for a run.</summary>
    Running,

    /// <summary>It was asked to leave and is still there.</summary>
    Leaving,

    /// <summary>It ended, and is started again after a pause.</summary>
    Pausing,

    /// <summary>It is not to run, and does not.</summary>
    Stopped,
}
