namespace Backprop.Coordinator.Core;

/// <summary>
/// What people ask of a run that goes on: to pause, to go on, to write a checkpoint. A pause begins at the next boundary between two steps,
/// so nothing is given up for it, and the weights are written down where checkpoints are kept. Workers may come and go meanwhile.
/// </summary>
internal static partial class CoordinatorCore
{
    private static Reason OnPauseRequested(in Turn turn)
    {
        var state = turn.State;
        if (state.PauseRequested || state.StopRequested || state.Outcome != RunOutcome.None)
        {
            return Reason.PauseRepeated;
        }

        state.PauseRequested = true;
        AskBoundary(turn);
        return Reason.PauseAccepted;
    }

    private static Reason OnResumeRequested(in Turn turn)
    {
        var state = turn.State;
        if (!state.PauseRequested || state.Outcome != RunOutcome.None)
        {
            return Reason.ResumeUnasked;
        }

        state.PauseRequested = false;
        if (state.IsWaiting)
        {
            // What was waited before the pause does not count: whoever resumes may have to start workers first.
            state.WaitingSince = state.Now;
        }

        if (state.Phase == Phase.Paused)
        {
            turn.Effects.Add(Effect.ReportResumed(state.Completed));
            AskBoundary(turn);
        }

        return Reason.ResumeAccepted;
    }

    private static Reason OnCheckpointRequested(in Turn turn)
    {
        var state = turn.State;
        if (!turn.Rules.Checkpoints)
        {
            return Reason.CheckpointsNotKept;
        }

        // A step that is under way will have new weights at its boundary.
        var isWritten = state.Completed == Math.Max(state.DurableStep, state.CheckpointInFlight) && state.Step == state.Completed;
        if (state.CheckpointOwed || isWritten || state.Outcome != RunOutcome.None)
        {
            return Reason.CheckpointRepeated;
        }

        state.CheckpointOwed = true;
        AskBoundary(turn);
        return Reason.CheckpointAccepted;
    }

    /// <summary>Between two steps what was asked is acted on at once; otherwise the boundary to come will see it.</summary>
    private static void AskBoundary(in Turn turn)
    {
        if (turn.State.Phase is Phase.Gathering or Phase.Holding or Phase.Paused)
        {
            Boundary(turn);
        }
    }

    /// <summary>The run stands still until it is resumed or stopped. A pause loses nothing: the weights are written down first.</summary>
    private static void Pause(in Turn turn)
    {
        var state = turn.State;
        state.CheckpointOwed |= turn.Rules.Checkpoints && IsUnwritten(state);
        if (state.Phase != Phase.Paused)
        {
            state.Phase = Phase.Paused;
            turn.Effects.Add(Effect.ReportPaused(state.Completed));
        }

        if (MustWriteInPause(state) && state.Now >= state.CheckpointRetryAt)
        {
            WriteCheckpoint(turn);
        }
    }

    /// <summary>In a pause the best weights stay where they are: what failed is tried again after the usual delay.</summary>
    private static bool MustWriteInPause(CoordinatorState state) =>
        state.CheckpointInFlight < 0 && (state.BestOwed || (state.CheckpointOwed && IsUnwritten(state)));
}
