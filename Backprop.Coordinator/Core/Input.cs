using Backprop.Shared.Gradients;

namespace Backprop.Coordinator.Core;

/// <summary>What can happen to a coordinator: facts, in the past tense.</summary>
internal enum InputKind
{
    /// <summary>The shell is ready. Workers may have joined before; no step begins earlier.</summary>
    Started,

    /// <summary>Time has passed; due after <see cref="CoordinatorCore.NextDeadline"/>.</summary>
    Tick,

    /// <summary>A worker is there. Its id is new: one that comes back has another.</summary>
    WorkerJoined,

    /// <summary>A worker is gone, or was silent for too long. Told after its <see cref="WorkerJoined"/>, never before.</summary>
    WorkerLost,

    /// <summary>A span's gradient is in.</summary>
    SpanAnswered,

    /// <summary>The update has been made, or refused.</summary>
    CommitDone,

    /// <summary>The losses and metrics of some evaluation blocks are in.</summary>
    BlocksAnswered,

    /// <summary>The evaluation's result has been written down.</summary>
    EvaluationFolded,

    /// <summary>A checkpoint, and the ledger up to it, will survive any crash.</summary>
    CheckpointDurable,

    /// <summary>A checkpoint could not be written.</summary>
    CheckpointFailed,

    /// <summary>The ledger could not be written.</summary>
    LedgerFailed,

    /// <summary>A layer threw.</summary>
    LayerFailed,

    /// <summary>Somebody wants the run to stop after the step.</summary>
    StopRequested,
}

/// <summary>How an update ended.</summary>
internal enum CommitOutcome
{
    /// <summary>The weights are those of the step.</summary>
    Committed,

    /// <summary>An average or the norm was not finite; the weights are untouched.</summary>
    GradientNotFinite,

    /// <summary>A weight came out not finite; the weights are spoilt.</summary>
    WeightsNotFinite,
}

/// <summary>One fact. A tagged value: the fields that a kind does not name are 0.</summary>
internal readonly record struct Input
{
    /// <summary>What happened.</summary>
    public InputKind Kind { get; private init; }

    /// <summary>Whom it is about.</summary>
    public int Worker { get; private init; }

    /// <summary>The step it is about: of a gradient, the step computed; of an evaluation or a checkpoint, the steps completed.</summary>
    public int Step { get; private init; }

    /// <summary>The first shard or block.</summary>
    public int First { get; private init; }

    /// <summary>How many shards or blocks.</summary>
    public int Count { get; private init; }

    /// <summary>The number of the assignment that is answered.</summary>
    public int Attempt { get; private init; }

    /// <summary>Whether every element of the gradient is finite; of an evaluation, whether it is the best so far.</summary>
    public bool Flag { get; private init; }

    /// <summary>How an update ended.</summary>
    public CommitOutcome Outcome { get; private init; }

    /// <summary>Samples per second; 0 where unknown.</summary>
    public double Speed { get; private init; }

    /// <summary>The shards of an answer. Not yet known to be a node of the tree.</summary>
    public ShardSpan Span => new(First, Count);

    public static Input Started() => new() { Kind = InputKind.Started };

    public static Input Tick() => new() { Kind = InputKind.Tick };

    public static Input WorkerJoined(int worker, double speed = 0) =>
        new() { Kind = InputKind.WorkerJoined, Worker = worker, Speed = speed };

    public static Input WorkerLost(int worker) => new() { Kind = InputKind.WorkerLost, Worker = worker };

    public static Input SpanAnswered(int worker, int step, ShardSpan span, bool finite, int attempt) => new()
    {
        Kind = InputKind.SpanAnswered,
        Worker = worker,
        Step = step,
        First = span.First,
        Count = span.Count,
        Flag = finite,
        Attempt = attempt,
    };

    public static Input CommitDone(int step, CommitOutcome outcome) =>
        new() { Kind = InputKind.CommitDone, Step = step, Outcome = outcome };

    public static Input BlocksAnswered(int worker, int step, int first, int count) =>
        new() { Kind = InputKind.BlocksAnswered, Worker = worker, Step = step, First = first, Count = count };

    public static Input EvaluationFolded(int step, bool best) => new() { Kind = InputKind.EvaluationFolded, Step = step, Flag = best };

    public static Input CheckpointDurable(int step) => new() { Kind = InputKind.CheckpointDurable, Step = step };

    public static Input CheckpointFailed(int step) => new() { Kind = InputKind.CheckpointFailed, Step = step };

    public static Input LedgerFailed(int step) => new() { Kind = InputKind.LedgerFailed, Step = step };

    public static Input LayerFailed(int worker, int step) => new() { Kind = InputKind.LayerFailed, Worker = worker, Step = step };

    public static Input StopRequested() => new() { Kind = InputKind.StopRequested };
}
