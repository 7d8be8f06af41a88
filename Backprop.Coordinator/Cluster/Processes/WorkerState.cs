namespace Backprop.Coordinator.Cluster.Processes;

/// <summary>Where a worker process stands, as its launcher sees it.</summary>
internal enum WorkerState
{
    /// <summary>It is about to be started, or was started and has not looked around yet.</summary>
    Starting,

    /// <summary>It waits for a run, or makes ready for one.</summary>
    Waiting,

    /// <summary>It is ready for the run, and computes what it is given.</summary>
    Running,

    /// <summary>It was asked to leave and is still there.</summary>
    Leaving,

    /// <summary>It ended, and is started again after a pause.</summary>
    Pausing,

    /// <summary>It is not to run, and does not.</summary>
    Stopped,
}
