using Backprop.Shared.Gradients;

namespace Backprop.Coordinator.Core;

/// <summary>
/// Who computes what. At the start of a step everybody is idle, and all shards are given so that everybody is done at the same time by its
/// measured speed. Later work is pulled: whoever is idle is given its part of what nobody has; when everything is given, the idle compute
/// what is late, or what they will have done sooner than the one who has it.
/// </summary>
internal static partial class CoordinatorCore
{
    private static void Distribute(in Turn turn)
    {
        var state = turn.State;
        if (state.IsWaiting || state.Members.Idle == 0)
        {
            return;
        }

        if (state.Phase == Phase.Computing)
        {
            GiveSuspected(turn);
            GiveShards(turn);
            Speculate(turn, state.Shards);
        }
        else if (state.Phase == Phase.Evaluating)
        {
            GiveBlocks(turn);
            Speculate(turn, state.Blocks);
        }
    }

    /// <summary>Gives each span under suspicion, uncut, to somebody other than the one who answered it.</summary>
    private static void GiveSuspected(in Turn turn)
    {
        var state = turn.State;
        for (var i = 0; i < state.Suspicions.Count; i++)
        {
            var suspicion = state.Suspicions[i];
            if (IsGiven(state.Shards, suspicion))
            {
                continue;
            }

            for (var m = 0; m < state.Members.Count; m++)
            {
                if (state.Members.IsFree(m) && MayJudge(state, suspicion, state.Members[m].Id))
                {
                    GiveSpan(turn, m, suspicion.Span);
                    break;
                }
            }
        }
    }

    private static bool IsGiven(UnitTable shards, in Suspicion suspicion)
    {
        for (var shard = suspicion.Span.First; shard < suspicion.Span.End; shard++)
        {
            if (shards.IsMissing(shard))
            {
                return shards.HoldersOf(shard) > 0;
            }
        }

        return true;
    }

    private static bool MayJudge(CoordinatorState state, in Suspicion suspicion, WorkerId worker) =>
        worker != suspicion.Worker || state.Members.Working == 1;

    private static void GiveShards(in Turn turn)
    {
        var state = turn.State;
        var free = MarkFree(state);
        if (free == 0 || state.Members.Idle == 0)
        {
            return;
        }

        SetOwners(state, turn.Rules, free);
        var count = 0;
        SpanPlan.Cut(state.Owners, new ShardSpan(0, turn.Rules.Shards), state.Plan, ref count);
        for (var i = 0; i < count; i++)
        {
            GiveSpan(turn, state.Plan[i].Owner, state.Plan[i].Span);
        }
    }

    /// <summary>Marks the shards that can be given as free and counts them.</summary>
    private static int MarkFree(CoordinatorState state)
    {
        var shards = state.Shards;
        if (shards.Unassigned == 0)
        {
            return 0;
        }

        var free = 0;
        for (var shard = 0; shard < shards.Units; shard++)
        {
            var isFree = shards.IsMissing(shard) && shards.HoldersOf(shard) == 0;
            free += isFree ? 1 : 0;
            state.Owners[shard] = isFree ? SpanPlan.Free : shards.IsEmpty(shard) ? SpanPlan.Anybody : SpanPlan.Nobody;
        }

        for (var i = 0; i < state.Suspicions.Count; i++)
        {
            var suspicion = state.Suspicions[i];
            for (var shard = suspicion.Span.First; shard < suspicion.Span.End; shard++)
            {
                free -= state.Owners[shard] == SpanPlan.Free ? 1 : 0;
                state.Owners[shard] = SpanPlan.Nobody;
            }
        }

        return free;
    }

    /// <summary>
    /// Divides the free shards among the idle. Where all are idle, all is given; otherwise each idle worker gets its part among all
    /// workers, at least one shard, and the rest is left for those who are not done yet.
    /// </summary>
    private static void SetOwners(CoordinatorState state, Rules rules, int free)
    {
        var members = state.Members;
        var counts = state.Counts.AsSpan(0, members.Count);
        if (members.Idle == members.Count)
        {
            ShardQuotas.Divide(members, free, counts, state.Order);
            ForgetSlowness(members, rules, counts);
        }
        else
        {
            DivideAmongIdle(members, free, counts);
        }

        var shard = 0;
        for (var m = 0; m < members.Count; m++)
        {
            for (; counts[m] > 0; shard++)
            {
                if (state.Owners[shard] == SpanPlan.Free)
                {
                    state.Owners[shard] = m;
                    counts[m]--;
                }
            }
        }

        for (; shard < state.Owners.Length; shard++)
        {
            state.Owners[shard] = state.Owners[shard] == SpanPlan.Free ? SpanPlan.Nobody : state.Owners[shard];
        }
    }

    /// <summary>
    /// Who is too slow for a single shard is not measured any more: little by little it is believed to be faster, until it is tried again.
    /// </summary>
    private static void ForgetSlowness(MemberTable members, Rules rules, ReadOnlySpan<int> counts)
    {
        for (var m = 0; m < members.Count && rules.SpeedSmoothing > 0 && members.Count <= rules.Shards; m++)
        {
            members[m].Speed *= counts[m] == 0 ? 1 + (1.0 / 128) : 1;
        }
    }

    private static void DivideAmongIdle(MemberTable members, int free, Span<int> counts)
    {
        var mean = members.MeanSpeed();
        var total = 0.0;
        for (var m = 0; m < members.Count; m++)
        {
            total += members[m].IsResting ? 0 : members.WeightOf(m, mean);
        }

        var left = free;
        for (var m = 0; m < members.Count; m++)
        {
            var part = !members.IsFree(m) ? 0 : Math.Max(1, (int)Math.Round(free * (members.WeightOf(m, mean) / total)));
            counts[m] = Math.Min(part, left);
            left -= counts[m];
        }
    }

    private static void GiveSpan(in Turn turn, int index, ShardSpan span)
    {
        var state = turn.State;
        state.Members.Occupy(index, state.Shards.Coverage(span.First, span.Count).Missing, state.Now);
        var worker = state.Members[index].Id;
        turn.Effects.Add(Effect.Assign(worker, state.Shards.Give(worker, span.First, span.Count), state.Generation));
    }
}
