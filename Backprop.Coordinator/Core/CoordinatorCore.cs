using Backprop.Shared.Actors;

namespace Backprop.Coordinator.Core;

/// <summary>
/// The coordinator's decisions: who computes what, which answer counts, when a step is committed, evaluated and written down, and how the
/// run ends. It knows ids, counts and times, no clock, socket, file, task or float array: what happens comes as an <see cref="Input"/>,
/// what is to be done leaves as an <see cref="Effect"/>, and a thin shell performs the effects in list order. So the simulator runs this
/// very code on virtual time, and a journal of (now, input) repeats any run.
/// </summary>
/// <remarks>
/// <para>
/// Membership never touches the mathematics. An answer is judged by its step and by the shards that are still missing, not by who gave it
/// or when: a late, second or differently cut one would have been bit-equal anyway, so it is counted and dropped. The generation fences
/// commands only.
/// </para>
/// <para>
/// A step goes Gathering → Computing → Committing → (Evaluating → Folding →) (Holding or Paused →) Computing. What follows a commit is one
/// list of effects: publish, ledger, evaluation or checkpoint, next step. Old news is not an error: it leaves the state as it is and has a
/// reason of its own.
/// </para>
/// </remarks>
internal static partial class CoordinatorCore
{
    /// <summary>Applies one input. Total: every input is legal in every phase.</summary>
    /// <param name="state">Changed in place.</param>
    /// <param name="input">What happened.</param>
    /// <param name="now">Monotonic time since any fixed moment; an earlier one than before is taken as the same.</param>
    /// <param name="rules">The same as in <see cref="CoordinatorState.Start"/>.</param>
    /// <param name="effects">Cleared, then receives what is to be done, in order. Inputs that come of it are given in later calls.</param>
    public static Reason Advance(CoordinatorState state, in Input input, TimeSpan now, Rules rules, EffectList<Effect> effects)
    {
        effects.Clear();
        if (now > state.Now)
        {
            state.Now = now;
        }

        var reason = state.Phase == Phase.Finished ? Reason.RunFinished : Dispatch(new Turn(state, rules, effects), in input);
        state.Note(reason);
        return reason;
    }

    /// <summary>When a <see cref="InputKind.Tick"/> is due; null: only other inputs move the run.</summary>
    public static TimeSpan? NextDeadline(CoordinatorState state, Rules rules)
    {
        var deadline = TimeSpan.MaxValue;
        if (HasWaitLimit(state, rules))
        {
            deadline = state.WaitingSince + rules.WorkersTimeout;
        }

        if (WaitsToWriteAgain(state) && state.CheckpointRetryAt < deadline)
        {
            deadline = state.CheckpointRetryAt;
        }

        if (UnitsOf(state) is { } units && NextLate(state, units, rules) is { } late && late < deadline)
        {
            deadline = late;
        }

        return deadline == TimeSpan.MaxValue || state.Phase == Phase.Finished ? null : deadline;
    }

    private static bool HasWaitLimit(CoordinatorState state, Rules rules) =>
        state.IsWaiting
        && !state.PauseRequested
        && state.Outcome == RunOutcome.None
        && state.Phase is not (Phase.Committing or Phase.Folding)
        && rules.WorkersTimeout >= TimeSpan.Zero;

    private static bool WaitsToWriteAgain(CoordinatorState state) =>
        state.Phase == Phase.Paused ? MustWriteInPause(state) : state.Phase == Phase.Holding && state.CheckpointInFlight < 0;

    private static Reason Dispatch(in Turn turn, in Input input) => input.Kind switch
    {
        InputKind.Started => OnStarted(turn),
        InputKind.Tick => OnTick(turn),
        InputKind.WorkerJoined => OnWorkerJoined(turn, input.Worker, input.Speed),
        InputKind.WorkerLost => OnWorkerLost(turn, input.Worker),
        InputKind.SpanAnswered => OnSpanAnswered(turn, in input),
        InputKind.CommitDone => OnCommitDone(turn, input.Step, input.Outcome),
        InputKind.BlocksAnswered => OnBlocksAnswered(turn, in input),
        InputKind.EvaluationFolded => OnEvaluationFolded(turn, input.Step, input.IsBest),
        InputKind.CheckpointDurable => OnCheckpointDurable(turn, input.Step),
        InputKind.CheckpointFailed => OnCheckpointFailed(turn, input.Step),
        InputKind.LedgerFailed => OnLedgerFailed(turn),
        InputKind.LayerFailed => OnLayerFailed(turn, input.Worker, input.Assignment),
        InputKind.StopRequested => OnStopRequested(turn),
        InputKind.PauseRequested => OnPauseRequested(turn),
        InputKind.ResumeRequested => OnResumeRequested(turn),
        InputKind.CheckpointRequested => OnCheckpointRequested(turn),
    };

    private static Reason OnStarted(in Turn turn)
    {
        if (turn.State.IsStarted)
        {
            return Reason.AlreadyStarted;
        }

        turn.State.IsStarted = true;
        turn.State.CheckpointBegunAt = turn.Now;
        NoteMinimum(turn);
        if (turn.State.EvaluationOwed && turn.State.StopRequested)
        {
            EndWithoutStep(turn, RunOutcome.Stopped);
        }
        else if (turn.State.EvaluationOwed)
        {
            BeginEvaluation(turn);
        }
        else
        {
            Boundary(turn);
        }

        return Reason.Started;
    }

    private static Reason OnTick(in Turn turn)
    {
        var state = turn.State;
        if (HasWaitLimit(state, turn.Rules) && state.Now - state.WaitingSince >= turn.Rules.WorkersTimeout)
        {
            EndWithoutStep(turn, RunOutcome.TooFewWorkers);
            return Reason.DeadlinePassed;
        }

        if (state.Phase is Phase.Holding or Phase.Paused)
        {
            Boundary(turn);
        }
        else
        {
            Distribute(turn);
        }

        return turn.Effects.Count > 0 ? Reason.DeadlinePassed : Reason.NothingDue;
    }

    private static Reason OnStopRequested(in Turn turn)
    {
        var state = turn.State;
        if (state.StopRequested || state.Outcome != RunOutcome.None)
        {
            return Reason.StopRepeated;
        }

        state.StopRequested = true;
        if (state.IsStarted && (state.Phase is Phase.Gathering or Phase.Paused || state.IsWaiting))
        {
            EndWithoutStep(turn, RunOutcome.Stopped);
        }

        return Reason.StopAccepted;
    }

    private static Reason OnLedgerFailed(in Turn turn)
    {
        Finish(turn, RunOutcome.StorageFailed);
        return Reason.LedgerFailed;
    }

    /// <summary>
    /// Ends the run between two steps, giving up a step or an evaluation for which the workers are not there. An update under way is
    /// not given up: the boundary after it will see what was asked.
    /// </summary>
    private static void EndWithoutStep(in Turn turn, RunOutcome outcome)
    {
        var state = turn.State;
        if (state.Phase is Phase.Committing or Phase.Folding)
        {
            return;
        }

        AbandonWork(state);
        if (state.Outcome == RunOutcome.None)
        {
            state.Outcome = outcome;
        }

        Boundary(turn);
    }

    private static void AbandonWork(CoordinatorState state)
    {
        state.Shards.Clear();
        state.Blocks.Clear();
        state.Suspicions.Clear();
        state.ClearAnswers();
        state.Members.RelieveAll();
        state.Step = state.Completed;
        state.Phase = Phase.Gathering;
    }

    private static void Finish(in Turn turn, RunOutcome outcome)
    {
        AbandonWork(turn.State);
        turn.State.Outcome = outcome;
        turn.State.Phase = Phase.Finished;
        turn.Effects.Add(Effect.Finish(turn.State.Completed, outcome));
    }
}
