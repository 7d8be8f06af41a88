namespace Backprop.Coordinator.Core;

/// <summary>
/// The boundary between two steps: is the run over, is a checkpoint due, does the next step begin? It may be asked again at any time
/// between steps, and answers from the state alone. Checkpoints are written beside the training, one at a time; only the end waits for
/// one, and the best weights wait for the one in flight, because the next step would overwrite them.
/// </summary>
internal static partial class CoordinatorCore
{
    private static void Boundary(in Turn turn)
    {
        var state = turn.State;
        if (!state.IsStarted)
        {
            return;
        }

        if (state.Outcome == RunOutcome.None)
        {
            state.Outcome = OutcomeAtBoundary(state, turn.Rules);
        }

        if (state.Outcome != RunOutcome.None)
        {
            End(turn);
            return;
        }

        state.CheckpointOwed |= IsCheckpointDue(state, turn.Rules);
        if (state.PauseRequested)
        {
            Pause(turn);
            return;
        }

        if (state.CheckpointInFlight >= 0 && state.BestOwed)
        {
            state.Phase = Phase.Holding;
            return;
        }

        var isOwed = state.CheckpointOwed && IsUnwritten(state) && state.Now >= state.CheckpointRetryAt;
        if (state.CheckpointInFlight < 0 && (state.BestOwed || isOwed))
        {
            WriteCheckpoint(turn);
        }

        BeginStep(turn);
    }

    private static RunOutcome OutcomeAtBoundary(CoordinatorState state, Rules rules)
    {
        if (state.Completed >= rules.Steps)
        {
            return RunOutcome.Completed;
        }

        var stops = state.StopRequested || (rules.StopAt > 0 && state.Completed >= rules.StopAt);
        return stops ? RunOutcome.Stopped : RunOutcome.None;
    }

    private static bool IsCheckpointDue(CoordinatorState state, Rules rules) =>
        rules.Checkpoints
        && IsUnwritten(state)
        && (rules.CheckpointsAfter(state.Completed)
            || (rules.CheckpointEvery > TimeSpan.Zero && state.Now - state.CheckpointBegunAt >= rules.CheckpointEvery));

    /// <summary>The weights are newer than those of the newest checkpoint, the one that is being written among them.</summary>
    private static bool IsUnwritten(CoordinatorState state) =>
        state.Completed > Math.Max(0, state.DurableStep) && state.Completed != state.CheckpointInFlight;

    /// <summary>Ends the run as soon as its weights are safe, where they are to be kept.</summary>
    private static void End(in Turn turn)
    {
        var state = turn.State;
        state.Phase = Phase.Holding;
        if (state.CheckpointInFlight >= 0)
        {
            return;
        }

        var safe = !turn.Rules.Checkpoints || state.WeightsSpoilt || (state.DurableStep >= state.Completed && !state.BestOwed);
        if (safe)
        {
            Finish(turn, state.Outcome);
        }
        else if (state.CheckpointFailures == 0 || state.Now >= state.CheckpointRetryAt)
        {
            WriteCheckpoint(turn);
        }
    }

    private static void WriteCheckpoint(in Turn turn)
    {
        var state = turn.State;
        turn.Effects.Add(Effect.WriteCheckpoint(state.Completed, state.BestOwed));
        state.CheckpointInFlight = state.Completed;
        state.CheckpointBegunAt = state.Now;
        state.BestInFlight = state.BestOwed;
        state.CheckpointOwed = false;
        state.BestOwed = false;
    }

    private static Reason OnCheckpointDurable(in Turn turn, int step)
    {
        var state = turn.State;
        if (state.CheckpointInFlight != step || step < 0)
        {
            return Reason.CheckpointUnexpected;
        }

        state.CheckpointInFlight = -1;
        state.CheckpointFailures = 0;
        state.DurableStep = Math.Max(state.DurableStep, step);
        LeaveHolding(turn);
        return Reason.CheckpointDurable;
    }

    private static Reason OnCheckpointFailed(in Turn turn, int step)
    {
        var state = turn.State;
        if (state.CheckpointInFlight != step || step < 0)
        {
            return Reason.CheckpointUnexpected;
        }

        state.CheckpointInFlight = -1;
        state.CheckpointOwed = true;

        // The best weights are gone with the next step; at the end and in a pause they are still there.
        var areThere = state.Outcome != RunOutcome.None || state.Phase == Phase.Paused;
        state.BestOwed |= state.BestInFlight && step == state.Completed && areThere;
        state.CheckpointRetryAt = state.Now + turn.Rules.CheckpointRetryDelay;
        if (++state.CheckpointFailures >= turn.Rules.CheckpointFailuresMaximum)
        {
            // A run that diverges has its own exit code, whatever storage does.
            Finish(turn, state.Outcome == RunOutcome.Diverged ? RunOutcome.Diverged : RunOutcome.StorageFailed);
            return Reason.CheckpointsExhausted;
        }

        LeaveHolding(turn);
        return Reason.CheckpointFailed;
    }

    private static void LeaveHolding(in Turn turn)
    {
        if (turn.State.Phase is Phase.Holding or Phase.Paused)
        {
            Boundary(turn);
        }
    }
}
