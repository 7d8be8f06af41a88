namespace Backprop.Worker.Core;

/// <summary>Why an input did what it did.</summary>
internal enum WorkerReason
{
    /// <summary>It was done.</summary>
    Accepted,

    /// <summary>A command of an older generation.</summary>
    StaleGeneration,

    /// <summary>An assignment of a step that is over, or weights older than those that are here.</summary>
    Old,

    /// <summary>The same assignment is waiting or being computed; it will be answered under the newer number.</summary>
    Repeated,

    /// <summary>There is no room for more assignments; the coordinator never gives that many.</summary>
    QueueFull,

    /// <summary>Nothing of that kind is being computed.</summary>
    Unknown,

    /// <summary>What was cancelled neither waits nor is computed: it was answered, or never came.</summary>
    Withdrawn,

    /// <summary>It was computed, but is not needed any more.</summary>
    NotNeeded,

    /// <summary>A layer failed, so there is no answer.</summary>
    Failed,

    /// <summary>The worker has left.</summary>
    Left,
}
