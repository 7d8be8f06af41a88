namespace Backprop.Coordinator.Diagnostics;

/// <summary>What a worker does, as the status page names it, in lower case.</summary>
internal enum WorkerState
{
    /// <summary>It is let in and reads the run, its data and its weights; it takes no part yet.</summary>
    Preparing,

    /// <summary>It has shards or evaluation blocks to compute.</summary>
    Computing,

    /// <summary>It has nothing to do.</summary>
    Idle,

    /// <summary>It was late, or gave what was not finite; others compute its shards too.</summary>
    Suspected,

    /// <summary>It has asked to leave.</summary>
    Leaving,
}
