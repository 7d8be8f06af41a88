namespace Backprop.Coordinator.Core;

/// <summary>Who is there: joining, leaving, the minimum and those without work.</summary>
internal static partial class CoordinatorCore
{
    /// <summary>No worker computes so many samples a second.</summary>
    private const double SpeedMaximum = 1e12;

    /// <summary>The speed that a worker says, or 0: what nobody believes, or is no number, is measured from the first answer on.</summary>
    public static double BelievedSpeed(double speed) => speed is > 0 and < SpeedMaximum ? speed : 0;

    private static Reason OnWorkerJoined(in Turn turn, WorkerId worker, double speed)
    {
        var state = turn.State;
        if (state.WasDismissed(worker))
        {
            turn.Effects.Add(Effect.Refuse(worker));
            return Reason.WorkerWasDismissed;
        }

        if (state.Members.IndexOf(worker) >= 0)
        {
            return Reason.WorkerKnown;
        }

        if (state.Members.Count == turn.Rules.WorkersMaximum)
        {
            turn.Effects.Add(Effect.Refuse(worker));
            return Reason.WorkersFull;
        }

        state.Members.Insert(new Member { Id = worker, Speed = BelievedSpeed(speed) });
        state.Generation++;
        WelcomeNew(turn);
        NoteMinimum(turn);
        GoOn(turn);
        return Reason.WorkerAdmitted;
    }

    private static Reason OnWorkerLost(in Turn turn, WorkerId worker)
    {
        var index = turn.State.Members.IndexOf(worker);
        if (index < 0)
        {
            return Reason.WorkerUnknown;
        }

        Remove(turn, index);
        GoOn(turn);
        return Reason.WorkerRemoved;
    }

    /// <summary>Takes back what the worker has, and forgets it. The caller gives the work to others.</summary>
    private static void Remove(in Turn turn, int index)
    {
        var state = turn.State;
        var worker = state.Members[index].Id;
        TakeBackAll(state.Shards, worker);
        TakeBackAll(state.Blocks, worker);
        state.Members.RemoveAt(index);
        if (state.Members.Count == 1)
        {
            // Nobody else is there to compute what it could not.
            state.Members.WakeAll();
        }

        state.Generation++;
        NoteMinimum(turn);
    }

    /// <summary>Takes back what a worker has.</summary>
    /// <returns>How many assignments.</returns>
    private static int TakeBackAll(UnitTable units, WorkerId worker)
    {
        var taken = 0;
        for (var i = units.Given.Length - 1; i >= 0; i--)
        {
            if (units.Given[i].Worker == worker)
            {
                units.TakeBack(i);
                taken++;
            }
        }

        return taken;
    }

    /// <summary>Sends weights to those who have none; never in the middle of an update, when the weights are neither old nor new.</summary>
    private static void WelcomeNew(in Turn turn)
    {
        var state = turn.State;
        if (state.Phase == Phase.Committing)
        {
            return;
        }

        for (var i = 0; i < state.Members.Count; i++)
        {
            ref var member = ref state.Members[i];
            if (!member.Welcomed)
            {
                member.Welcomed = true;
                turn.Effects.Add(Effect.SendFirstWeights(member.Id, state.Completed));
            }
        }
    }

    /// <summary>Says, once for each change, whether the minimum of workers is there and how many have nothing to do.</summary>
    private static void NoteMinimum(in Turn turn)
    {
        var state = turn.State;
        if (!state.IsStarted)
        {
            return;
        }

        var present = state.Members.Count;
        var waiting = present < turn.Rules.WorkersMinimum;
        if (waiting && !state.IsWaiting)
        {
            state.WaitingSince = state.Now;
            turn.Effects.Add(Effect.ReportWaiting(present, turn.Rules.WorkersMinimum));
        }
        else if (!waiting && state.IsWaiting)
        {
            turn.Effects.Add(Effect.ReportEnough(present));
        }

        state.IsWaiting = waiting;
        var idle = Math.Max(0, present - turn.Rules.Shards);
        if (idle != state.IdleReported)
        {
            state.IdleReported = idle;
            turn.Effects.Add(Effect.ReportIdle(idle));
        }
    }

    /// <summary>
    /// After a change of membership: begins a step that waited for workers, gives work to the idle, or stops where that was asked.
    /// </summary>
    private static void GoOn(in Turn turn)
    {
        var state = turn.State;
        if (!state.IsStarted)
        {
            return;
        }

        if (state.IsWaiting && state.StopRequested && state.Outcome == RunOutcome.None)
        {
            EndWithoutStep(turn, RunOutcome.Stopped);
        }
        else if (state.Phase == Phase.Gathering)
        {
            Boundary(turn);
        }
        else
        {
            Distribute(turn);
        }
    }
}
