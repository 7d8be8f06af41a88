using Backprop.Shared.Gradients;

namespace Backprop.Worker.Core;

/// <summary>What can happen to a worker: facts, in the past tense.</summary>
internal enum WorkerInputKind
{
    /// <summary>Shards of a step or blocks of an evaluation were assigned.</summary>
    Assigned,

    /// <summary>An assignment is not needed any more.</summary>
    Cancelled,

    /// <summary>The weights of a completed step begin to arrive, the first or newer ones: those before them are gone.</summary>
    WeightsPublished,

    /// <summary>What was being computed is done, or was abandoned.</summary>
    ComputeDone,

    /// <summary>A layer failed in what was being computed.</summary>
    ComputeFailed,

    /// <summary>Somebody asked this worker to go.</summary>
    LeaveRequested,

    /// <summary>The coordinator sent it away, or the run is over.</summary>
    Released,
}

/// <summary>One fact. A tagged value: the fields that a kind does not name are 0.</summary>
internal readonly record struct WorkerInput
{
    /// <summary>What happened.</summary>
    public WorkerInputKind Kind { get; private init; }

    /// <summary>What it is about.</summary>
    public Assignment Assignment { get; private init; }

    /// <summary>How many completed steps the weights have.</summary>
    public int Step { get; private init; }

    /// <summary>The generation of the command.</summary>
    public int Generation { get; private init; }

    /// <summary>Whether every element of the gradient is finite.</summary>
    public bool Finite { get; private init; }

    public static WorkerInput Assigned(in Assignment assignment, int generation) =>
        new() { Kind = WorkerInputKind.Assigned, Assignment = assignment, Generation = generation };

    /// <summary>An assignment is not needed any more.</summary>
    /// <param name="assignment">Whether it is shards or blocks is not looked at: a cancellation does not say it.</param>
    public static WorkerInput Cancelled(in Assignment assignment, int generation) =>
        new() { Kind = WorkerInputKind.Cancelled, Assignment = assignment, Generation = generation };

    public static WorkerInput WeightsPublished(int completed) => new() { Kind = WorkerInputKind.WeightsPublished, Step = completed };

    public static WorkerInput ComputeDone(in Assignment assignment, bool finite) =>
        new() { Kind = WorkerInputKind.ComputeDone, Assignment = assignment, Finite = finite };

    public static WorkerInput ComputeFailed(in Assignment assignment) =>
        new() { Kind = WorkerInputKind.ComputeFailed, Assignment = assignment };

    public static WorkerInput LeaveRequested() => new() { Kind = WorkerInputKind.LeaveRequested };

    public static WorkerInput Released() => new() { Kind = WorkerInputKind.Released };
}
