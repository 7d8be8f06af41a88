namespace Backprop.Coordinator.Core;

/// <summary>
/// An evaluation between two steps: blocks of rows, given out by pulling in contiguous ranges, each answered once. The result is folded
/// by block, so it does not depend on who computed which.
/// </summary>
internal static partial class CoordinatorCore
{
    private static void BeginEvaluation(in Turn turn)
    {
        var state = turn.State;
        var blocks = turn.Rules.EvaluationBlocks;
        state.Phase = Phase.Evaluating;
        state.Blocks.Begin(blocks);
        turn.Effects.Add(new Effect { Kind = EffectKind.BeginEvaluation, Step = state.Completed, Count = blocks });
        Distribute(turn);
    }

    private static Reason OnBlocksAnswered(in Turn turn, in Input input)
    {
        var state = turn.State;
        if (state.WasDismissed(input.Worker))
        {
            return Reason.AnswerOfDismissed;
        }

        if (input.Step > state.Completed)
        {
            return Reason.AnswerAhead;
        }

        if (input.Step < state.Completed || state.Phase != Phase.Evaluating)
        {
            return Reason.AnswerLate;
        }

        var blocks = state.Blocks;
        if (input.Count <= 0 || input.First < 0 || input.First > blocks.Units - input.Count)
        {
            return Reason.AnswerMalformed;
        }

        var (missing, answered) = blocks.Coverage(input.First, input.Count);
        if (answered > 0)
        {
            return missing == 0 ? Reason.AnswerRepeated : Reason.AnswerOverlapping;
        }

        TakeBackOverlapping(turn, blocks, EffectKind.CancelBlocks, in input);
        blocks.Answer(input.First, input.Count);
        turn.Effects.Add(AnswerEffect(EffectKind.TakeBlocks, in input));
        if (blocks.Missing > 0)
        {
            Distribute(turn);
            return Reason.BlocksTaken;
        }

        state.Phase = Phase.Folding;
        turn.Effects.Add(new Effect { Kind = EffectKind.FoldEvaluation, Step = state.Completed, Count = blocks.Units });
        return Reason.EvaluationComplete;
    }

    private static Reason OnEvaluationFolded(in Turn turn, int step, bool best)
    {
        var state = turn.State;
        if (state.Phase != Phase.Folding || step != state.Completed)
        {
            return Reason.EvaluationUnexpected;
        }

        state.BestOwed = best && turn.Rules.Checkpoints;
        state.Phase = Phase.Gathering;
        Boundary(turn);
        return Reason.EvaluationFolded;
    }

    /// <summary>
    /// Gives each idle worker half of its part of what nobody has: large ranges first, small ones at the end, so that all finish
    /// together whatever their real speeds.
    /// </summary>
    private static void GiveBlocks(in Turn turn)
    {
        var state = turn.State;
        var members = state.Members;
        var mean = members.MeanSpeed();
        var total = 0.0;
        for (var m = 0; m < members.Count; m++)
        {
            total += members.WeightOf(m, mean);
        }

        var first = 0;
        for (var m = 0; m < members.Count && state.Blocks.Unassigned > 0; m++)
        {
            if (members[m].Outstanding > 0)
            {
                continue;
            }

            var wanted = (int)Math.Ceiling(state.Blocks.Unassigned * (members.WeightOf(m, mean) / total) / 2);
            var count = NextFree(state.Blocks, ref first, Math.Clamp(wanted, 1, turn.Rules.BlocksAtOnce));
            GiveRange(turn, m, first, count);
        }
    }

    /// <summary>Finds the next run of blocks that nobody has. There is one.</summary>
    private static int NextFree(WorkTable blocks, ref int first, int wanted)
    {
        while (!blocks.IsMissing(first) || blocks.HoldersOf(first) > 0)
        {
            first++;
        }

        var end = first + 1;
        while (end < blocks.Units && end - first < wanted && blocks.IsMissing(end) && blocks.HoldersOf(end) == 0)
        {
            end++;
        }

        return end - first;
    }

    private static void GiveRange(in Turn turn, int index, int first, int count)
    {
        var state = turn.State;
        state.Members.Occupy(index, count, state.Now);
        turn.Effects.Add(new Effect
        {
            Kind = EffectKind.AssignBlocks,
            Worker = state.Members[index].Id,
            Step = state.Completed,
            First = first,
            Count = count,
            Attempt = state.Blocks.Give(state.Members[index].Id, first, count),
            Generation = state.Generation,
        });
    }
}
