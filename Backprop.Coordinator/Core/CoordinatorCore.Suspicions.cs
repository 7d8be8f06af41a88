namespace Backprop.Coordinator.Core;

/// <summary>
/// Answers that are not finite. A span is computed again by another worker, or by the same one where there is no other: finite, and the
/// first worker is named; not finite again, and the run has diverged. Only an answer that is still waited for counts, told by the number
/// of its assignment, so that one answer sent twice is never taken for a second opinion.
/// </summary>
internal static partial class CoordinatorCore
{
    private static Reason SuspectSpan(in Turn turn, in Input input)
    {
        var state = turn.State;
        var assignment = input.Assignment;
        var index = state.Shards.IndexOf(input.Worker, in assignment);
        if (index < 0 || state.Shards.Given[index].Assignment.Attempt != assignment.Attempt)
        {
            return Reason.AnswerNotFiniteUnasked;
        }

        state.Shards.TakeBack(index);
        Relieve(turn, state.Shards, input.Worker, answered: true);
        if (state.Suspicions.IndexOf(assignment.Span) >= 0)
        {
            Diverge(turn, Effect.Diverge(input.Worker, in assignment));
            return Reason.SpanDiverged;
        }

        state.Suspicions.Add(new Suspicion(assignment.Span, input.Worker));
        Distribute(turn);
        return Reason.AnswerNotFinite;
    }

    private static void Strike(in Turn turn, WorkerId worker)
    {
        var state = turn.State;
        var index = state.Members.IndexOf(worker);
        var strikes = index < 0 ? 1 : ++state.Members[index].Strikes;
        turn.Effects.Add(Effect.ReportNotFinite(worker, state.Step, strikes));
        if (index >= 0 && strikes >= turn.Rules.StrikesMaximum)
        {
            state.AddDismissed(worker);
            turn.Effects.Add(Effect.Dismiss(worker, strikes));
            Remove(turn, index);
        }
    }

    /// <summary>Ends the run at the last good weights: it says so, keeps them, and is over.</summary>
    private static void Diverge(in Turn turn, in Effect effect)
    {
        turn.Effects.Add(effect);
        AbandonWork(turn.State);
        turn.State.Outcome = RunOutcome.Diverged;
        Boundary(turn);
    }
}
