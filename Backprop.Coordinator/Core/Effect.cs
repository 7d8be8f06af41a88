using Backprop.Shared.Gradients;

namespace Backprop.Coordinator.Core;

/// <summary>What a coordinator wants done; <see cref="ICoordinatorEffects"/> says what each is.</summary>
internal enum EffectKind
{
    SendFirstWeights,
    Refuse,
    Dismiss,
    BeginStep,
    Assign,
    Cancel,
    TakeGradient,
    Commit,
    PublishWeights,
    AppendLedger,
    BeginEvaluation,
    TakeResults,
    FoldEvaluation,
    WriteCheckpoint,
    ReportNotFinite,
    Diverge,
    ReportWaiting,
    ReportEnough,
    ReportIdle,
    ReportPaused,
    ReportResumed,
    Finish,
}

/// <summary>How a run ends.</summary>
internal enum RunOutcome
{
    /// <summary>It has not ended.</summary>
    None,

    /// <summary>Every step is done.</summary>
    Completed,

    /// <summary>It was asked to stop, and can be resumed.</summary>
    Stopped,

    /// <summary>A value became NaN or infinite, whoever computed it.</summary>
    Diverged,

    /// <summary>A layer threw.</summary>
    Failed,

    /// <summary>The ledger or too many checkpoints in a row could not be written.</summary>
    StorageFailed,

    /// <summary>The minimum of workers did not come in time.</summary>
    TooFewWorkers,
}

/// <summary>One order, made by the factory of its kind. A tagged value: the fields that a kind does not have are 0.</summary>
internal readonly record struct Effect
{
    /// <summary>What is to be done.</summary>
    public EffectKind Kind { get; private init; }

    /// <summary>For whom, or whose answer.</summary>
    public WorkerId Worker { get; private init; }

    /// <summary>What is given, taken back or taken.</summary>
    public Assignment Assignment { get; private init; }

    /// <summary>The step; where there is an evaluation or a checkpoint, the steps completed.</summary>
    public int Step { get; private init; }

    /// <summary>Samples of the step.</summary>
    public int Samples { get; private init; }

    /// <summary>Blocks of the evaluation.</summary>
    public int Blocks { get; private init; }

    /// <summary>How many workers are there.</summary>
    public int Present { get; private init; }

    /// <summary>How many workers the run needs.</summary>
    public int Needed { get; private init; }

    /// <summary>How many workers have nothing to do.</summary>
    public int Idle { get; private init; }

    /// <summary>How often an answer of the worker was not finite and came out finite elsewhere.</summary>
    public int Strikes { get; private init; }

    /// <summary>Fences commands: a worker ignores those of an older generation.</summary>
    public int Generation { get; private init; }

    /// <summary>The weights are the best so far.</summary>
    public bool IsBest { get; private init; }

    /// <summary>How the run ends.</summary>
    public RunOutcome Outcome { get; private init; }

    public static Effect SendFirstWeights(WorkerId worker, int completed) =>
        new() { Kind = EffectKind.SendFirstWeights, Worker = worker, Step = completed };

    public static Effect Refuse(WorkerId worker) => new() { Kind = EffectKind.Refuse, Worker = worker };

    public static Effect Dismiss(WorkerId worker, int strikes) => new() { Kind = EffectKind.Dismiss, Worker = worker, Strikes = strikes };

    public static Effect BeginStep(int step, int samples) => new() { Kind = EffectKind.BeginStep, Step = step, Samples = samples };

    public static Effect Assign(WorkerId worker, in Assignment assignment, int generation) =>
        About(EffectKind.Assign, worker, in assignment) with { Generation = generation };

    public static Effect Cancel(WorkerId worker, in Assignment assignment, int generation) =>
        About(EffectKind.Cancel, worker, in assignment) with { Generation = generation };

    public static Effect TakeGradient(WorkerId worker, in Assignment assignment) =>
        About(EffectKind.TakeGradient, worker, in assignment);

    public static Effect Commit(int step, int samples) => new() { Kind = EffectKind.Commit, Step = step, Samples = samples };

    public static Effect PublishWeights(int completed) => new() { Kind = EffectKind.PublishWeights, Step = completed };

    public static Effect AppendLedger(int step, int samples) => new() { Kind = EffectKind.AppendLedger, Step = step, Samples = samples };

    public static Effect BeginEvaluation(int completed, int blocks) =>
        new() { Kind = EffectKind.BeginEvaluation, Step = completed, Blocks = blocks };

    public static Effect TakeResults(WorkerId worker, in Assignment assignment) =>
        About(EffectKind.TakeResults, worker, in assignment);

    public static Effect FoldEvaluation(int completed, int blocks) =>
        new() { Kind = EffectKind.FoldEvaluation, Step = completed, Blocks = blocks };

    public static Effect WriteCheckpoint(int completed, bool isBest) =>
        new() { Kind = EffectKind.WriteCheckpoint, Step = completed, IsBest = isBest };

    public static Effect ReportNotFinite(WorkerId worker, int step, int strikes) =>
        new() { Kind = EffectKind.ReportNotFinite, Worker = worker, Step = step, Strikes = strikes };

    /// <summary>A worker's gradient showed it, twice.</summary>
    public static Effect Diverge(WorkerId worker, in Assignment assignment) => About(EffectKind.Diverge, worker, in assignment);

    /// <summary>The update showed it.</summary>
    public static Effect Diverge(int step) => new() { Kind = EffectKind.Diverge, Step = step };

    public static Effect ReportWaiting(int present, int needed) =>
        new() { Kind = EffectKind.ReportWaiting, Present = present, Needed = needed };

    public static Effect ReportEnough(int present) => new() { Kind = EffectKind.ReportEnough, Present = present };

    public static Effect ReportIdle(int idle) => new() { Kind = EffectKind.ReportIdle, Idle = idle };

    public static Effect ReportPaused(int completed) => new() { Kind = EffectKind.ReportPaused, Step = completed };

    public static Effect ReportResumed(int completed) => new() { Kind = EffectKind.ReportResumed, Step = completed };

    public static Effect Finish(int completed, RunOutcome outcome) =>
        new() { Kind = EffectKind.Finish, Step = completed, Outcome = outcome };

    private static Effect About(EffectKind kind, WorkerId worker, in Assignment assignment) =>
        new() { Kind = kind, Worker = worker, Assignment = assignment, Step = assignment.Step };
}
