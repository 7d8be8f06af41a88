namespace Backprop.Coordinator.Core;

/// <summary>Why an input did what it did. Counted, so that what was ignored can be seen; rendered by the log, never parsed.</summary>
internal enum Reason
{
    /// <summary>The run has been started.</summary>
    Started,

    /// <summary>It had been started before.</summary>
    AlreadyStarted,

    /// <summary>Nothing was due.</summary>
    NothingDue,

    /// <summary>Something that waited for its time was done.</summary>
    DeadlinePassed,

    /// <summary>A worker was admitted.</summary>
    WorkerAdmitted,

    /// <summary>A worker with that id is there already.</summary>
    WorkerKnown,

    /// <summary>A worker with that id has been dismissed.</summary>
    WorkerWasDismissed,

    /// <summary>There is no place for another worker.</summary>
    WorkersFull,

    /// <summary>A worker was removed; what it had not answered goes to others.</summary>
    WorkerRemoved,

    /// <summary>No worker with that id is there.</summary>
    WorkerUnknown,

    /// <summary>The span was still missing and is taken.</summary>
    SpanTaken,

    /// <summary>The span was the last one missing: the step is committed.</summary>
    StepComplete,

    /// <summary>An answer to a step that is over.</summary>
    AnswerLate,

    /// <summary>An answer to a step that has not begun; asked for by a coordinator that is gone and had come further.</summary>
    AnswerAhead,

    /// <summary>Every shard of the answer had been answered.</summary>
    AnswerRepeated,

    /// <summary>Some shards of the answer had been answered, in another cut.</summary>
    AnswerOverlapping,

    /// <summary>No node of the tree, or no blocks of the evaluation, or only empty shards.</summary>
    AnswerMalformed,

    /// <summary>An answer of a worker that has been dismissed.</summary>
    AnswerOfDismissed,

    /// <summary>The answer is not finite: the span is computed again.</summary>
    AnswerNotFinite,

    /// <summary>The answer is not finite, and nobody waits for it: that worker is not computing the span any more.</summary>
    AnswerNotFiniteUnasked,

    /// <summary>The answer is not finite again: the run has diverged.</summary>
    SpanDiverged,

    /// <summary>The weights are those of the step.</summary>
    Committed,

    /// <summary>The average is not finite: the step is computed once more.</summary>
    StepComputedAgain,

    /// <summary>The update was refused or spoilt the weights: the run has diverged.</summary>
    CommitDiverged,

    /// <summary>No such commit is under way.</summary>
    CommitUnexpected,

    /// <summary>The blocks were still missing and are taken.</summary>
    BlocksTaken,

    /// <summary>The blocks were the last ones missing.</summary>
    EvaluationComplete,

    /// <summary>The evaluation is over.</summary>
    EvaluationFolded,

    /// <summary>No such evaluation is under way.</summary>
    EvaluationUnexpected,

    /// <summary>The checkpoint is safe.</summary>
    CheckpointDurable,

    /// <summary>The checkpoint failed and will be tried again.</summary>
    CheckpointFailed,

    /// <summary>The checkpoint failed once too often.</summary>
    CheckpointsExhausted,

    /// <summary>No such checkpoint is being written.</summary>
    CheckpointUnexpected,

    /// <summary>The ledger could not be written: the run ends.</summary>
    LedgerFailed,

    /// <summary>A layer threw on one worker: what it had goes to others.</summary>
    LayerFailedOnce,

    /// <summary>A layer threw on two workers, or twice on the only one: the run ends.</summary>
    LayerFailed,

    /// <summary>A layer threw in a step that is over.</summary>
    LayerFailedLate,

    /// <summary>The run will stop after the step, or stops now where no step can be finished.</summary>
    StopAccepted,

    /// <summary>It had been asked to stop before, or was ending.</summary>
    StopRepeated,

    /// <summary>The run will pause after the step and its evaluation, or pauses now where nothing is under way.</summary>
    PauseAccepted,

    /// <summary>It had been asked to pause before, or was ending.</summary>
    PauseRepeated,

    /// <summary>The run goes on, or will not pause after the step.</summary>
    ResumeAccepted,

    /// <summary>It had not been asked to pause, or was ending.</summary>
    ResumeUnasked,

    /// <summary>A checkpoint will be written at the next boundary between two steps, or is begun now.</summary>
    CheckpointAccepted,

    /// <summary>These weights are written or being written, a checkpoint is due already, or the run was ending.</summary>
    CheckpointRepeated,

    /// <summary>A checkpoint was asked of a run that keeps none.</summary>
    CheckpointsNotKept,

    /// <summary>The run is over.</summary>
    RunFinished,
}
