using Backprop.Shared.Gradients;

namespace Backprop.Coordinator.Core;

/// <summary>What a coordinator wants done: orders, performed in list order.</summary>
internal enum EffectKind
{
    /// <summary>Send the worker the weights of <see cref="Effect.Step"/> completed steps, and the generation.</summary>
    Welcome,

    /// <summary>Tell the worker that there is no place for it.</summary>
    Refuse,

    /// <summary>Send the worker away: its non-finite answers came out finite elsewhere too often.</summary>
    Dismiss,

    /// <summary>Make room for the gradients of a step of <see cref="Effect.Count"/> samples.</summary>
    BeginStep,

    /// <summary>Let the worker compute the span's gradient.</summary>
    AssignSpan,

    /// <summary>Tell the worker that the span is not needed any more.</summary>
    CancelSpan,

    /// <summary>
    /// Keep the gradient that has just been answered: it is part of the step. Without this effect an answer is dropped unread.
    /// </summary>
    TakeSpan,

    /// <summary>
    /// Finish the tree over the taken gradients, average, update the weights; answered by <see cref="InputKind.CommitDone"/>.
    /// </summary>
    Commit,

    /// <summary>Give the weights of the step to every welcomed worker.</summary>
    PublishWeights,

    /// <summary>Append the step's line to the ledger; its spans are in <see cref="CoordinatorState.CommittedAnswers"/>.</summary>
    AppendLedger,

    /// <summary>Make room for the results of <see cref="Effect.Count"/> evaluation blocks.</summary>
    BeginEvaluation,

    /// <summary>Let the worker evaluate the blocks.</summary>
    AssignBlocks,

    /// <summary>Tell the worker that the blocks are not needed any more.</summary>
    CancelBlocks,

    /// <summary>Keep the results of the blocks that have just been answered.</summary>
    TakeBlocks,

    /// <summary>Fold the blocks and write the result down; answered by <see cref="InputKind.EvaluationFolded"/>.</summary>
    FoldEvaluation,

    /// <summary>
    /// Copy weights and state now and write them beside the training; answered by <see cref="InputKind.CheckpointDurable"/> or
    /// <see cref="InputKind.CheckpointFailed"/>. <see cref="Effect.Flag"/>: these are the best weights so far.
    /// </summary>
    WriteCheckpoint,

    /// <summary>Say that the worker's non-finite span came out finite; <see cref="Effect.Attempt"/> is how often that happened.</summary>
    NameWorker,

    /// <summary>Say that the run has diverged in the step; where a span showed it, which.</summary>
    Diverge,

    /// <summary>Say that the run waits: <see cref="Effect.First"/> workers are there, <see cref="Effect.Count"/> are needed.</summary>
    ReportWaiting,

    /// <summary>Say that the run goes on: <see cref="Effect.First"/> workers are there.</summary>
    ReportEnough,

    /// <summary>Say that <see cref="Effect.Count"/> workers have nothing to do, because there are fewer shards than workers.</summary>
    ReportIdle,

    /// <summary>The run is over; nothing follows.</summary>
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

/// <summary>One order. A tagged value: the fields that a kind does not name are 0.</summary>
internal readonly record struct Effect
{
    /// <summary>What is to be done.</summary>
    public required EffectKind Kind { get; init; }

    /// <summary>For whom, or whose answer.</summary>
    public int Worker { get; init; }

    /// <summary>The step; where there is an evaluation or a checkpoint, the steps completed.</summary>
    public int Step { get; init; }

    /// <summary>The first shard or block, or the number of workers present.</summary>
    public int First { get; init; }

    /// <summary>How many shards, blocks, samples or workers.</summary>
    public int Count { get; init; }

    /// <summary>The assignment's number within the step; to be sent back with the answer.</summary>
    public int Attempt { get; init; }

    /// <summary>Fences commands: a worker ignores those of an older generation.</summary>
    public int Generation { get; init; }

    /// <summary>See <see cref="EffectKind.WriteCheckpoint"/>.</summary>
    public bool Flag { get; init; }

    /// <summary>How the run ends.</summary>
    public RunOutcome Outcome { get; init; }

    /// <summary>The shards it is about.</summary>
    public ShardSpan Span => new(First, Count);
}
