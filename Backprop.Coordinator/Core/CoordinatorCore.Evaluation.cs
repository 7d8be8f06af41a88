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
        state.Blocks.Begin(state.Completed, blocks);
        ForgetLayerFailure(state);
        turn.Effects.Add(Effect.BeginEvaluation(state.Completed, blocks));
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
        var assignment = input.Assignment;
        if (assignment.Count <= 0 || assignment.First < 0 || assignment.First > blocks.Units - assignment.Count)
        {
            return Reason.AnswerMalformed;
        }

        var (missing, answered) = blocks.Coverage(assignment.First, assignment.Count);
        if (answered > 0)
        {
            return missing == 0 ? Reason.AnswerRepeated : Reason.AnswerOverlapping;
        }

        TakeBackOverlapping(turn, blocks, in input);
        blocks.Answer(assignment.First, assignment.Count);
        turn.Effects.Add(Effect.TakeResults(input.Worker, in assignment));
        if (blocks.Missing > 0)
        {
            Distribute(turn);
            return Reason.BlocksTaken;
        }

        state.Phase = Phase.Folding;
        turn.Effects.Add(Effect.FoldEvaluation(state.Completed, blocks.Units));
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
            total += members[m].IsResting ? 0 : members.WeightOf(m, mean);
        }

        var first = 0;
        for (var m = 0; m < members.Count && state.Blocks.Unassigned > 0; m++)
        {
            if (!members.IsFree(m))
            {
                continue;
            }

            var wanted = (int)Math.Ceiling(state.Blocks.Unassigned * (members.WeightOf(m, mean) / total) / 2);
            var count = NextFree(state.Blocks, ref first, Math.Clamp(wanted, 1, turn.Rules.BlocksAtOnce));
            GiveRange(turn, m, first, count);
        }
    }

    /// <summary>Finds the next run of blocks that nobody has. There is one.</summary>
    private static int NextFree(UnitTable blocks, ref int first, int wanted)
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
        var worker = state.Members[index].Id;
        turn.Effects.Add(Effect.Assign(worker, state.Blocks.Give(worker, first, count), state.Generation));
    }
}
