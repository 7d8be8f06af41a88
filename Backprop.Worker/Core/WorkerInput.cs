using Backprop.Shared.Gradients;

namespace Backprop.Worker.Core;

/// <summary>What can happen to a worker: facts, in the past tense.</summary>
internal enum WorkerInputKind
{
    /// <summary>The coordinator admitted it, and the weights of so many completed steps are here.</summary>
    Welcomed,

    /// <summary>A span of a step was assigned.</summary>
    SpanAssigned,

    /// <summary>Evaluation blocks were assigned.</summary>
    BlocksAssigned,

    /// <summary>A span or blocks are not needed any more.</summary>
    Cancelled,

    /// <summary>The weights of a completed step are here.</summary>
    WeightsPublished,

    /// <summary>What was being computed is done.</summary>
    ComputeDone,

    /// <summary>The coordinator sent it away, or the run is over.</summary>
    Released,
}

/// <summary>One fact. A tagged value: the fields that a kind does not name are 0.</summary>
internal readonly record struct WorkerInput
{
    /// <summary>What happened.</summary>
    public WorkerInputKind Kind { get; private init; }

    /// <summary>The work it is about.</summary>
    public Assignment Work { get; private init; }

    /// <summary>How many completed steps the weights have.</summary>
    public int Step { get; private init; }

    /// <summary>The generation of the command.</summary>
    public int Generation { get; private init; }

    /// <summary>Whether every element of the gradient is finite.</summary>
    public bool Finite { get; private init; }

    public static WorkerInput Welcomed(int completed, int generation) =>
        new() { Kind = WorkerInputKind.Welcomed, Step = completed, Generation = generation };

    public static WorkerInput SpanAssigned(int step, int first, int count, int attempt, int generation) =>
        new() { Kind = WorkerInputKind.SpanAssigned, Work = new Assignment(false, step, first, count, attempt), Generation = generation };

    public static WorkerInput BlocksAssigned(int step, int first, int count, int attempt, int generation) =>
        new() { Kind = WorkerInputKind.BlocksAssigned, Work = new Assignment(true, step, first, count, attempt), Generation = generation };

    public static WorkerInput Cancelled(in Assignment work, int generation) =>
        new() { Kind = WorkerInputKind.Cancelled, Work = work, Generation = generation };

    public static WorkerInput WeightsPublished(int completed) => new() { Kind = WorkerInputKind.WeightsPublished, Step = completed };

    public static WorkerInput ComputeDone(in Assignment work, bool finite) =>
        new() { Kind = WorkerInputKind.ComputeDone, Work = work, Finite = finite };

    public static WorkerInput Released() => new() { Kind = WorkerInputKind.Released };
}
