using Backprop.Shared.Gradients;

namespace Backprop.Coordinator.Core;

/// <summary>
/// What is late is computed by the idle, too, and the first answer counts. A worker is late only by comparison: when it has taken some
/// times what its units usually take it, or take others where it has not been measured yet; nobody is late before anything has been
/// measured. A span is also taken over, without anybody being late, where the idle worker will be done with it sooner than the one who
/// has it: so no step waits for a slow worker's last span.
/// </summary>
internal static partial class CoordinatorCore
{
    private static void Speculate(in Turn turn, UnitTable units)
    {
        var state = turn.State;
        if (!turn.Rules.Speculate || units.Unassigned > 0)
        {
            return;
        }

        var look = new Look(turn, units);
        for (var m = 0; m < state.Members.Count && state.Members.Idle > 0 && look.MayFind; m++)
        {
            if (!state.Members.IsFree(m))
            {
                continue;
            }

            var index = look.FindLate(turn, units, state.Members[m].Id);
            index = index < 0 && units == state.Shards ? look.FindSlow(turn, state.Members[m].UnitTime) : index;
            if (index < 0)
            {
                continue;
            }

            var late = units.Given[index].Assignment;
            if (units == state.Shards)
            {
                GiveSpan(turn, m, late.Span);
            }
            else
            {
                GiveRange(turn, m, late.First, late.Count);
            }

            look = new Look(turn, units);
        }
    }

    /// <summary>
    /// The newest late assignment that nobody else has in good time, or -1. The newest, because a late worker does its spans in order
    /// and will come to that one last.
    /// </summary>
    private static int FindLate(in Turn turn, UnitTable units, WorkerId worker)
    {
        var state = turn.State;
        for (var i = units.Given.Length - 1; i >= 0; i--)
        {
            var given = units.Given[i];
            if (!IsLate(state, units, turn.Rules, given.Worker) || IsInGoodHands(turn, units, given.Assignment))
            {
                continue;
            }

            var suspicion = units == state.Shards ? state.Suspicions.IndexOf(given.Assignment.Span) : -1;
            if (suspicion < 0 || MayJudge(state, state.Suspicions[suspicion], worker))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>
    /// The newest span that nobody else has and that an idle worker will have done clearly sooner than the one who has it, or -1: sooner by
    /// more than an eighth of the step so far, which the second gradient is worth. Both have been measured; whoever has it has been at
    /// work for a while, so that short steps are left alone.
    /// </summary>
    /// <param name="helper">What a shard usually takes the idle one; zero: not measured yet.</param>
    private static int FindSlow(in Turn turn, TimeSpan helper)
    {
        var state = turn.State;
        for (var i = state.Shards.Given.Length - 1; i >= 0 && helper > TimeSpan.Zero; i--)
        {
            var given = state.Shards.Given[i];
            var assignment = given.Assignment;
            var holder = state.Members[state.Members.IndexOf(given.Worker)];
            var isAlone = state.Shards.HoldersOf(FirstMissing(state.Shards, in assignment)) == 1;
            if (!isAlone
                || holder.UnitTime == TimeSpan.Zero
                || turn.Now - holder.BusySince < turn.Rules.LateMinimum
                || state.Suspicions.IndexOf(assignment.Span) >= 0)
            {
                continue;
            }

            // Whoever has nothing else has nothing after this; to look for it costs the most.
            var takes = helper * assignment.Count;
            var after = holder.Outstanding == 1 ? 0 : UnitsAfter(state.Shards, in given);
            var heldUntil = holder.BusySince + (holder.UnitTime * (holder.Units - after));
            if (turn.Now + takes + ((turn.Now - holder.BusySince) / 8) < heldUntil)
            {
                return i;
            }
        }

        return -1;
    }

    private static int FirstMissing(UnitTable units, in Assignment assignment)
    {
        var unit = assignment.First;
        while (!units.IsMissing(unit))
        {
            unit++;
        }

        return unit;
    }

    /// <summary>How many units the same worker was given after an assignment: it comes to them later.</summary>
    private static int UnitsAfter(UnitTable units, in GivenAssignment given)
    {
        var after = 0;
        foreach (var other in units.Given)
        {
            var isLater = other.Worker == given.Worker && other.Assignment.Attempt > given.Assignment.Attempt;
            after += isLater ? other.Assignment.Count : 0;
        }

        return after;
    }

    private static bool IsInGoodHands(in Turn turn, UnitTable units, in Assignment late)
    {
        foreach (var other in units.Given)
        {
            if (other.Assignment.Overlaps(in late) && !IsLate(turn.State, units, turn.Rules, other.Worker))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsLate(CoordinatorState state, UnitTable units, Rules rules, WorkerId worker) =>
        LateAt(state.Members[state.Members.IndexOf(worker)], units, units == state.Shards, rules) <= state.Now;

    private static TimeSpan LateAt(in Member member, UnitTable units, bool isStep, Rules rules)
    {
        if (units.UnitTime == TimeSpan.Zero)
        {
            return TimeSpan.MaxValue;
        }

        var usual = isStep && member.UnitTime > TimeSpan.Zero ? member.UnitTime : units.UnitTime;
        var allowed = usual * (member.Units * rules.LateFactor);
        return member.BusySince + (allowed > rules.LateMinimum ? allowed : rules.LateMinimum);
    }

    /// <summary>When the next worker will be late, if there is anybody to help out.</summary>
    private static TimeSpan? NextLate(CoordinatorState state, UnitTable units, Rules rules)
    {
        if (!rules.Speculate || state.IsWaiting || state.Members.Idle == 0)
        {
            return null;
        }

        // By what is given, not by who is there: that may be thousands with nothing to do.
        var next = TimeSpan.MaxValue;
        foreach (var given in units.Given)
        {
            var late = LateAt(state.Members[state.Members.IndexOf(given.Worker)], units, units == state.Shards, rules);
            next = late > state.Now && late < next ? late : next;
        }

        return next == TimeSpan.MaxValue ? null : next;
    }

    private static UnitTable? UnitsOf(CoordinatorState state) => state.Phase switch
    {
        Phase.Computing => state.Shards,
        Phase.Evaluating => state.Blocks,
        Phase.Gathering or Phase.Committing or Phase.Folding or Phase.Holding or Phase.Paused or Phase.Finished => null,
    };

    /// <summary>
    /// What one look at all that is given has shown, until something more is given: thousands may be idle, and what is so for one is so for
    /// the next. What one would not be done with sooner, no slower one would.
    /// </summary>
    private ref struct Look
    {
        private const int NotLooked = -2;
        private int _late = NotLooked;
        private TimeSpan _tooSlow = TimeSpan.MaxValue;

        public Look(in Turn turn, UnitTable units)
        {
            var isStep = units == turn.State.Shards;
            MayFind = IsAnyLate(turn, units)
                || (isStep && CoordinatorCore.FindSlow(turn, TimeSpan.FromTicks(1)) >= 0
                    && CoordinatorCore.FindSlow(turn, turn.State.Members.FastestFree()) >= 0);
        }

        /// <summary>Somebody may find something.</summary>
        public bool MayFind { get; }

        /// <summary>What <see cref="CoordinatorCore.FindLate"/> finds; only under suspicion does it matter who asks.</summary>
        public int FindLate(in Turn turn, UnitTable units, WorkerId worker)
        {
            if (turn.State.Suspicions.Count > 0)
            {
                return CoordinatorCore.FindLate(turn, units, worker);
            }

            return _late = _late == NotLooked ? CoordinatorCore.FindLate(turn, units, worker) : _late;
        }

        /// <summary>What <see cref="CoordinatorCore.FindSlow"/> finds.</summary>
        public int FindSlow(in Turn turn, TimeSpan helper)
        {
            if (helper <= TimeSpan.Zero || helper >= _tooSlow)
            {
                return -1;
            }

            var index = CoordinatorCore.FindSlow(turn, helper);
            _tooSlow = index < 0 ? helper : _tooSlow;
            return index;
        }

        private static bool IsAnyLate(in Turn turn, UnitTable units)
        {
            foreach (var given in units.Given)
            {
                if (IsLate(turn.State, units, turn.Rules, given.Worker) && !IsInGoodHands(turn, units, given.Assignment))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
