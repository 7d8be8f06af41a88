using Backprop.Shared.Gradients;

namespace Backprop.Worker.Core;

/// <summary>What a worker wants done: orders, performed in list order.</summary>
internal enum WorkerEffectKind
{
    /// <summary>Compute the work with the weights that are here; ends in <see cref="WorkerInputKind.ComputeDone"/>.</summary>
    Compute,

    /// <summary>Send what was computed.</summary>
    Answer,

    /// <summary>Leave: nothing follows.</summary>
    Leave,
}

/// <summary>One order.</summary>
/// <param name="Kind">What is to be done.</param>
/// <param name="Work">The work it is about.</param>
/// <param name="Finite">Of an answer: whether every element is finite.</param>
internal readonly record struct WorkerEffect(WorkerEffectKind Kind, Assignment Work = default, bool Finite = false);

/// <summary>Why an input did what it did.</summary>
internal enum WorkerReason
{
    /// <summary>It was done.</summary>
    Accepted,

    /// <summary>A command of an older generation.</summary>
    StaleGeneration,

    /// <summary>Assignment of a step that is over, or weights older than those that are here.</summary>
    Old,

    /// <summary>The same work is waiting or being computed; it will be answered under the newer number.</summary>
    Repeated,

    /// <summary>There is no room for more work; the coordinator never gives that much.</summary>
    QueueFull,

    /// <summary>Nothing of that kind is known.</summary>
    Unknown,

    /// <summary>It was computed, but is not needed any more.</summary>
    NotNeeded,

    /// <summary>The worker has left.</summary>
    Left,
}
