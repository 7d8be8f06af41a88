using Backprop.Shared.Gradients;

namespace Backprop.Coordinator.Core;

/// <summary>
/// What is late is computed by the idle, too, and the first answer counts. A worker is late only by comparison: when it has taken some
/// times what its units usually take. Nobody is called late before anything has been measured.
/// </summary>
internal static partial class CoordinatorCore
{
    private static void Speculate(in Turn turn, WorkTable work)
    {
        var state = turn.State;
        if (!turn.Rules.Speculate || work.Unassigned > 0)
        {
            return;
        }

        for (var m = 0; m < state.Members.Count && state.Members.Idle > 0; m++)
        {
            if (state.Members[m].Outstanding > 0)
            {
                continue;
            }

            var index = FindLate(turn, work, state.Members[m].Id);
            if (index < 0)
            {
                continue;
            }

            var late = work.Assignments[index];
            if (work == state.Shards)
            {
                GiveSpan(turn, m, new ShardSpan(late.First, late.Count));
            }
            else
            {
                GiveRange(turn, m, late.First, late.Count);
            }
        }
    }

    /// <summary>
    /// The newest late assignment that nobody else has in good time, or -1. The newest, because a late worker does its spans in order
    /// and will come to that one last.
    /// </summary>
    private static int FindLate(in Turn turn, WorkTable work, int worker)
    {
        var state = turn.State;
        for (var i = work.Assignments.Length - 1; i >= 0; i--)
        {
            var assignment = work.Assignments[i];
            if (!IsLate(state, work, turn.Rules, assignment.Worker) || IsInGoodHands(turn, work, assignment))
            {
                continue;
            }

            var suspicion = work == state.Shards ? state.Suspicions.IndexOf(assignment.First, assignment.Count) : -1;
            if (suspicion < 0 || MayJudge(state, state.Suspicions[suspicion], worker))
            {
                return i;
            }
        }

        return -1;
    }

    private static bool IsInGoodHands(in Turn turn, WorkTable work, in Assignment late)
    {
        foreach (var other in work.Assignments)
        {
            if (other.Overlaps(late.First, late.Count) && !IsLate(turn.State, work, turn.Rules, other.Worker))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsLate(CoordinatorState state, WorkTable work, Rules rules, int worker) =>
        LateAt(state.Members[state.Members.IndexOf(worker)], work, rules) <= state.Now;

    private static TimeSpan LateAt(in Member member, WorkTable work, Rules rules)
    {
        if (work.UnitTime == TimeSpan.Zero)
        {
            return TimeSpan.MaxValue;
        }

        var allowed = work.UnitTime * (member.Units * rules.LateFactor);
        return member.BusySince + (allowed > rules.LateMinimum ? allowed : rules.LateMinimum);
    }

    /// <summary>When the next worker will be late, if there is anybody to help out.</summary>
    private static TimeSpan? NextLate(CoordinatorState state, WorkTable work, Rules rules)
    {
        if (!rules.Speculate || state.IsWaiting || state.Members.Idle == 0)
        {
            return null;
        }

        var next = TimeSpan.MaxValue;
        for (var m = 0; m < state.Members.Count; m++)
        {
            if (state.Members[m].Outstanding > 0)
            {
                var late = LateAt(state.Members[m], work, rules);
                next = late > state.Now && late < next ? late : next;
            }
        }

        return next == TimeSpan.MaxValue ? null : next;
    }

    private static WorkTable? WorkOf(CoordinatorState state) => state.Phase switch
    {
        Phase.Computing => state.Shards,
        Phase.Evaluating => state.Blocks,
        Phase.Gathering or Phase.Committing or Phase.Folding or Phase.Holding or Phase.Finished => null,
    };
}
