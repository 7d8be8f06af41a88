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

    /// <summary>A layer threw on a worker: what that one has of the step or evaluation it will not answer.</summary>
    LayerFailed,

    /// <summary>Somebody wants the run to stop after the step.</summary>
    StopRequested,

    /// <summary>Somebody wants the run to stand still between two steps.</summary>
    PauseRequested,

    /// <summary>Somebody wants a run that pauses to go on.</summary>
    ResumeRequested,

    /// <summary>Somebody wants a checkpoint of the next weights that are whole.</summary>
    CheckpointRequested,
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

/// <summary>One fact, made by the factory of its kind. A tagged value: the fields that a kind does not have are 0.</summary>
internal readonly record struct Input
{
    /// <summary>What happened.</summary>
    public InputKind Kind { get; private init; }

    /// <summary>Whom it is about.</summary>
    public WorkerId Worker { get; private init; }

    /// <summary>What is answered. Of an answer nothing is known yet but what its sender says.</summary>
    public Assignment Assignment { get; private init; }

    /// <summary>The step it is about: of a gradient, the step computed; of an evaluation or a checkpoint, the steps completed.</summary>
    public int Step { get; private init; }

    /// <summary>Every element of the gradient is finite.</summary>
    public bool IsFinite { get; private init; }

    /// <summary>The evaluation is the best so far.</summary>
    public bool IsBest { get; private init; }

    /// <summary>How an update ended.</summary>
    public CommitOutcome Outcome { get; private init; }

    /// <summary>Samples per second; 0 where unknown.</summary>
    public double Speed { get; private init; }

    public static Input Started() => new() { Kind = InputKind.Started };

    public static Input Tick() => new() { Kind = InputKind.Tick };

    public static Input WorkerJoined(WorkerId worker, double speed = 0) =>
        new() { Kind = InputKind.WorkerJoined, Worker = worker, Speed = speed };

    public static Input WorkerLost(WorkerId worker) => new() { Kind = InputKind.WorkerLost, Worker = worker };

    public static Input SpanAnswered(WorkerId worker, in Assignment assignment, bool finite) =>
        new() { Kind = InputKind.SpanAnswered, Worker = worker, Assignment = assignment, Step = assignment.Step, IsFinite = finite };

    public static Input CommitDone(int step, CommitOutcome outcome) =>
        new() { Kind = InputKind.CommitDone, Step = step, Outcome = outcome };

    public static Input BlocksAnswered(WorkerId worker, in Assignment assignment) =>
        new() { Kind = InputKind.BlocksAnswered, Worker = worker, Assignment = assignment, Step = assignment.Step };

    public static Input EvaluationFolded(int completed, bool best) =>
        new() { Kind = InputKind.EvaluationFolded, Step = completed, IsBest = best };

    public static Input CheckpointDurable(int completed) => new() { Kind = InputKind.CheckpointDurable, Step = completed };

    public static Input CheckpointFailed(int completed) => new() { Kind = InputKind.CheckpointFailed, Step = completed };

    public static Input LedgerFailed(int completed) => new() { Kind = InputKind.LedgerFailed, Step = completed };

    /// <param name="assignment">What the layer threw at.</param>
    public static Input LayerFailed(WorkerId worker, in Assignment assignment) =>
        new() { Kind = InputKind.LayerFailed, Worker = worker, Assignment = assignment, Step = assignment.Step };

    public static Input StopRequested() => new() { Kind = InputKind.StopRequested };

    public static Input PauseRequested() => new() { Kind = InputKind.PauseRequested };

    public static Input ResumeRequested() => new() { Kind = InputKind.ResumeRequested };

    public static Input CheckpointRequested() => new() { Kind = InputKind.CheckpointRequested };
}
