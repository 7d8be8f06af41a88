namespace Backprop.Coordinator.Core;

/// <summary>Who is there: joining, leaving, the minimum and those without work.</summary>
internal static partial class CoordinatorCore
{
    private static Reason OnWorkerJoined(in Turn turn, int worker, double speed)
    {
        var state = turn.State;
        if (state.WasDismissed(worker))
        {
            turn.Effects.Add(new Effect { Kind = EffectKind.Refuse, Worker = worker });
            return Reason.WorkerWasDismissed;
        }

        if (state.Members.IndexOf(worker) >= 0)
        {
            return Reason.WorkerKnown;
        }

        if (state.Members.Count == turn.Rules.WorkersMaximum)
        {
            turn.Effects.Add(new Effect { Kind = EffectKind.Refuse, Worker = worker });
            return Reason.WorkersFull;
        }

        // A speed that is no number must not reach the plan.
        state.Members.Insert(new Member { Id = worker, Speed = double.IsFinite(speed) && speed > 0 ? speed : 0 });
        state.Generation++;
        WelcomeNew(turn);
        NoteMinimum(turn);
        GoOn(turn);
        return Reason.WorkerAdmitted;
    }

    private static Reason OnWorkerLost(in Turn turn, int worker)
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
        state.Generation++;
        NoteMinimum(turn);
    }

    private static void TakeBackAll(WorkTable work, int worker)
    {
        for (var i = work.Assignments.Length - 1; i >= 0; i--)
        {
            if (work.Assignments[i].Worker == worker)
            {
                work.TakeBack(i);
            }
        }
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
                turn.Effects.Add(new Effect
                {
                    Kind = EffectKind.Welcome,
                    Worker = member.Id,
                    Step = state.Completed,
                    Generation = state.Generation,
                });
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
            turn.Effects.Add(new Effect { Kind = EffectKind.ReportWaiting, First = present, Count = turn.Rules.WorkersMinimum });
        }
        else if (!waiting && state.IsWaiting)
        {
            turn.Effects.Add(new Effect { Kind = EffectKind.ReportEnough, First = present });
        }

        state.IsWaiting = waiting;
        var idle = Math.Max(0, present - turn.Rules.Shards);
        if (idle != state.IdleReported)
        {
            state.IdleReported = idle;
            turn.Effects.Add(new Effect { Kind = EffectKind.ReportIdle, Count = idle });
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
