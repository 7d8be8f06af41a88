using Backprop.Shared.Gradients;

namespace Backprop.Coordinator.Core;

/// <summary>A step: beginning, answers, and what follows the update.</summary>
internal static partial class CoordinatorCore
{
    /// <summary>A worker that has not answered is believed to be slower than usual by this factor at most.</summary>
    private const double SlownessMaximum = 16;

    private static void BeginStep(in Turn turn)
    {
        var state = turn.State;
        if (state.IsWaiting)
        {
            state.Phase = Phase.Gathering;
            return;
        }

        state.Phase = Phase.Computing;
        state.Step = state.Completed + 1;
        var samples = turn.Rules.SamplesOf(state.Step);
        var shards = turn.Rules.Shards;
        state.Shards.Begin(state.Step, shards);
        ForgetLayerFailure(state);
        for (var shard = 0; shard < shards && samples < shards; shard++)
        {
            if (ShardSpan.PlaceOf(shard, shards, samples) == ShardSpan.PlaceOf(shard + 1, shards, samples))
            {
                state.Shards.MarkEmpty(shard);
            }
        }

        turn.Effects.Add(Effect.BeginStep(state.Step, samples));
        Distribute(turn);
    }

    private static Reason OnSpanAnswered(in Turn turn, in Input input)
    {
        var state = turn.State;
        if (state.WasDismissed(input.Worker))
        {
            return Reason.AnswerOfDismissed;
        }

        if (input.Step <= state.Completed)
        {
            return Reason.AnswerLate;
        }

        if (input.Step != state.Step)
        {
            return Reason.AnswerAhead;
        }

        var assignment = input.Assignment;
        if (!assignment.IsNodeOf(turn.Rules.Shards))
        {
            return Reason.AnswerMalformed;
        }

        var (missing, answered) = state.Shards.Coverage(assignment.First, assignment.Count);
        if (answered > 0)
        {
            return missing == 0 ? Reason.AnswerRepeated : Reason.AnswerOverlapping;
        }

        if (missing == 0)
        {
            return Reason.AnswerMalformed;
        }

        return input.IsFinite ? TakeSpan(turn, in input) : SuspectSpan(turn, in input);
    }

    private static Reason TakeSpan(in Turn turn, in Input input)
    {
        var state = turn.State;
        var span = input.Assignment.Span;
        TakeBackOverlapping(turn, state.Shards, in input);
        state.Shards.Answer(span.First, span.Count);
        state.AddAnswer(input.Worker, span);
        turn.Effects.Add(Effect.TakeGradient(input.Worker, input.Assignment));

        var suspicion = state.Suspicions.IndexOf(span);
        var accused = suspicion < 0 ? (WorkerId?)null : state.Suspicions[suspicion].Worker;
        state.Suspicions.ClearOverlapping(span);
        if (accused is { } worker)
        {
            Strike(turn, worker);
        }

        if (state.Shards.Missing > 0)
        {
            // A dismissal may have left too few workers while somebody wants to stop.
            GoOn(turn);
            return Reason.SpanTaken;
        }

        state.Phase = Phase.Committing;
        turn.Effects.Add(Effect.Commit(state.Step, turn.Rules.SamplesOf(state.Step)));
        return Reason.StepComplete;
    }

    /// <summary>Ends every assignment that an answer makes needless; whoever else computes it is told.</summary>
    private static void TakeBackOverlapping(in Turn turn, UnitTable units, in Input input)
    {
        for (var i = units.Given.Length - 1; i >= 0; i--)
        {
            if (!units.Given[i].Assignment.Overlaps(input.Assignment))
            {
                continue;
            }

            var given = units.TakeBack(i);
            var answered = given.Worker == input.Worker && given.Assignment.IsSameAs(input.Assignment);
            if (!answered)
            {
                turn.Effects.Add(Effect.Cancel(given.Worker, given.Assignment, turn.State.Generation));
            }

            Relieve(turn, units, given.Worker, answered);
        }
    }

    private static void Relieve(in Turn turn, UnitTable units, WorkerId worker, bool answered)
    {
        var members = turn.State.Members;
        var index = members.IndexOf(worker);
        if (!members.Relieve(index))
        {
            return;
        }

        ref var member = ref members[index];
        var elapsed = turn.Now - member.BusySince;
        if (answered)
        {
            units.Measure(elapsed, member.Units);
        }

        // The short last batch of an epoch is no measure for the others.
        var isUsual = units == turn.State.Shards && turn.Rules.SamplesOf(turn.State.Step) == turn.Rules.SamplesOf(1);
        if (elapsed > TimeSpan.Zero && isUsual)
        {
            Measure(ref member, elapsed, answered, units.UnitTime * SlownessMaximum, turn.Rules);
        }
    }

    /// <summary>
    /// Learns from how long a worker took for what it had. One that was overtaken is measured too, otherwise it would be given as much
    /// again for ever; but what it had not finished only shows how fast it is at most. So it is waited for longer the next time, until it
    /// has been measured; within limits, because somebody who never answers would be waited for longer and longer.
    /// </summary>
    private static void Measure(ref Member member, TimeSpan elapsed, bool answered, TimeSpan slowest, Rules rules)
    {
        var unit = elapsed / member.Units;
        if (answered || (unit > member.UnitTime && member.UnitTime < slowest))
        {
            var learnt = member.UnitTime == TimeSpan.Zero ? unit : member.UnitTime + ((unit - member.UnitTime) / 4);
            member.UnitTime = answered || learnt < slowest ? learnt : slowest;
        }

        if (rules.SpeedSmoothing == 0)
        {
            return;
        }

        var samples = (double)rules.SamplesOf(1) / rules.Shards;
        if (answered)
        {
            var measured = samples / unit.TotalSeconds;
            var weight = rules.SpeedSmoothing * (elapsed / (elapsed + rules.SpeedMemory));
            member.Speed = member.Speed > 0 ? member.Speed + ((measured - member.Speed) * weight) : measured;
        }
        else
        {
            var most = samples / (unit > member.UnitTime ? unit : member.UnitTime).TotalSeconds;
            member.Speed = member.Speed > 0 ? Math.Min(member.Speed, most) : most;
        }
    }

    private static Reason OnCommitDone(in Turn turn, int step, CommitOutcome outcome)
    {
        var state = turn.State;
        if (state.Phase != Phase.Committing || step != state.Step)
        {
            return Reason.CommitUnexpected;
        }

        if (outcome == CommitOutcome.GradientNotFinite && state.RecomputedStep != step)
        {
            ComputeAgain(turn, step);
            return Reason.StepComputedAgain;
        }

        if (outcome != CommitOutcome.Committed)
        {
            state.WeightsSpoilt = outcome == CommitOutcome.WeightsNotFinite;
            Diverge(turn, Effect.Diverge(step));
            return Reason.CommitDiverged;
        }

        state.Completed = step;
        state.KeepAnswers();
        state.Phase = Phase.Gathering;
        turn.Effects.Add(Effect.PublishWeights(step));
        WelcomeNew(turn);
        if (turn.Rules.Ledger)
        {
            turn.Effects.Add(Effect.AppendLedger(step, turn.Rules.SamplesOf(step)));
        }

        if (turn.Rules.EvaluatesAfter(step))
        {
            BeginEvaluation(turn);
        }
        else
        {
            Boundary(turn);
        }

        return Reason.Committed;
    }

    /// <summary>
    /// An average that is not finite where every answer was may be a fault of this machine: the step is computed once more before the run
    /// is said to diverge.
    /// </summary>
    private static void ComputeAgain(in Turn turn, int step)
    {
        var state = turn.State;
        state.RecomputedStep = step;
        state.ClearAnswers();
        state.Phase = Phase.Gathering;
        WelcomeNew(turn);
        if (state.IsWaiting)
        {
            // Nobody can: a stop or a pause that was asked meanwhile need not wait for workers.
            Boundary(turn);
        }
        else
        {
            BeginStep(turn);
        }
    }
}
