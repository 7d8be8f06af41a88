using Backprop.Shared.Gradients;

namespace Backprop.Coordinator.Core;

/// <summary>
/// What the coordinator's core wants done. Every shell performs all of it, the simulator's too: what is tested there is what runs.
/// </summary>
internal interface ICoordinatorEffects
{
    /// <summary>Send the worker the weights of so many completed steps.</summary>
    void SendFirstWeights(WorkerId worker, int completed);

    /// <summary>Tell the worker that there is no place for it.</summary>
    void Refuse(WorkerId worker);

    /// <summary>Send the worker away: its gradients were not finite where others' were, so often.</summary>
    void Dismiss(WorkerId worker, int strikes);

    /// <summary>Make room for the gradients of a step of so many samples.</summary>
    void BeginStep(int step, int samples);

    /// <summary>Let the worker compute the shards' gradient, or evaluate the blocks.</summary>
    /// <param name="generation">Fences commands: a worker ignores those of an older generation.</param>
    void Assign(WorkerId worker, in Assignment assignment, int generation);

    /// <summary>Tell the worker that the assignment is not needed any more.</summary>
    void Cancel(WorkerId worker, in Assignment assignment, int generation);

    /// <summary>
    /// Keep the gradient that has just been answered: it is part of the step. Without this effect an answer is dropped unread.
    /// </summary>
    void TakeGradient(WorkerId worker, in Assignment assignment);

    /// <summary>
    /// Finish the tree over the taken gradients, average, update the weights; answered by <see cref="InputKind.CommitDone"/>.
    /// </summary>
    void Commit(int step, int samples);

    /// <summary>Give the weights of so many completed steps to every welcomed worker.</summary>
    void PublishWeights(int completed);

    /// <summary>Append the step's line to the ledger; its spans are in <see cref="CoordinatorState.CommittedAnswers"/>.</summary>
    void AppendLedger(int step, int samples);

    /// <summary>Make room for the results of so many evaluation blocks.</summary>
    void BeginEvaluation(int completed, int blocks);

    /// <summary>Keep the results of the blocks that have just been answered. Without this effect they are dropped.</summary>
    void TakeResults(WorkerId worker, in Assignment assignment);

    /// <summary>Fold the blocks and write the result down; answered by <see cref="InputKind.EvaluationFolded"/>.</summary>
    void FoldEvaluation(int completed, int blocks);

    /// <summary>
    /// Copy weights and state now and write them beside the training; answered by <see cref="InputKind.CheckpointDurable"/> or
    /// <see cref="InputKind.CheckpointFailed"/>.
    /// </summary>
    /// <param name="isBest">These are the best weights so far.</param>
    void WriteCheckpoint(int completed, bool isBest);

    /// <summary>Say that the worker's non-finite gradient came out finite elsewhere, and how often that has happened.</summary>
    void ReportNotFinite(WorkerId worker, int step, int strikes);

    /// <summary>Say that the run has diverged.</summary>
    /// <param name="worker">Whose gradient showed it.</param>
    /// <param name="shown">The assignment that showed it; of no shards where the update did.</param>
    void Diverge(int step, WorkerId worker, in Assignment shown);

    /// <summary>Say that the run waits for workers.</summary>
    void ReportWaiting(int present, int needed);

    /// <summary>Say that the run goes on.</summary>
    void ReportEnough(int present);

    /// <summary>Say how many workers have nothing to do, because there are fewer shards than workers.</summary>
    void ReportIdle(int idle);

    /// <summary>Say that the run pauses after so many completed steps, as somebody wished.</summary>
    void ReportPaused(int completed);

    /// <summary>Say that the run that paused goes on.</summary>
    void ReportResumed(int completed);

    /// <summary>The run is over; nothing follows.</summary>
    void Finish(int completed, RunOutcome outcome);
}
