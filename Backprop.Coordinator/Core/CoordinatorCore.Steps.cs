using System.Numerics;
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
        state.Shards.Begin(shards);
        for (var shard = 0; shard < shards && samples < shards; shard++)
        {
            if (ShardSpan.PlaceOf(shard, shards, samples) == ShardSpan.PlaceOf(shard + 1, shards, samples))
            {
                state.Shards.MarkEmpty(shard);
            }
        }

        turn.Effects.Add(new Effect { Kind = EffectKind.BeginStep, Step = state.Step, Count = samples });
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

        if (!IsNode(input.First, input.Count, turn.Rules.Shards))
        {
            return Reason.AnswerMalformed;
        }

        var (missing, answered) = state.Shards.Coverage(input.First, input.Count);
        if (answered > 0)
        {
            return missing == 0 ? Reason.AnswerRepeated : Reason.AnswerOverlapping;
        }

        if (missing == 0)
        {
            return Reason.AnswerMalformed;
        }

        return input.Flag ? TakeSpan(turn, in input) : SuspectSpan(turn, in input);
    }

    /// <summary>Whether these shards are a span: a node of the tree over so many shards.</summary>
    internal static bool IsNode(int first, int count, int shards) =>
        count > 0 && BitOperations.IsPow2(count) && first >= 0 && first % count == 0 && first <= shards - count;

    private static Reason TakeSpan(in Turn turn, in Input input)
    {
        var state = turn.State;
        TakeBackOverlapping(turn, state.Shards, EffectKind.CancelSpan, in input);
        state.Shards.Answer(input.First, input.Count);
        state.AddAnswer(input.Worker, input.Span);
        turn.Effects.Add(AnswerEffect(EffectKind.TakeSpan, in input));

        var suspicion = state.Suspicions.IndexOf(input.First, input.Count);
        var accused = suspicion < 0 ? (int?)null : state.Suspicions[suspicion].Worker;
        state.Suspicions.ClearOverlapping(input.First, input.Count);
        if (accused is { } worker)
        {
            Strike(turn, worker, in input);
        }

        if (state.Shards.Missing > 0)
        {
            // A dismissal may have left too few workers while somebody wants to stop.
            GoOn(turn);
            return Reason.SpanTaken;
        }

        state.Phase = Phase.Committing;
        turn.Effects.Add(new Effect { Kind = EffectKind.Commit, Step = state.Step, Count = turn.Rules.SamplesOf(state.Step) });
        return Reason.StepComplete;
    }

    /// <summary>Ends every assignment that an answer makes needless; whoever else computes it is told.</summary>
    private static void TakeBackOverlapping(in Turn turn, WorkTable work, EffectKind cancel, in Input input)
    {
        for (var i = work.Assignments.Length - 1; i >= 0; i--)
        {
            if (!work.Assignments[i].Overlaps(input.First, input.Count))
            {
                continue;
            }

            var assignment = work.TakeBack(i);
            var answered = assignment.Worker == input.Worker && assignment.First == input.First && assignment.Count == input.Count;
            if (!answered)
            {
                turn.Effects.Add(new Effect
                {
                    Kind = cancel,
                    Worker = assignment.Worker,
                    Step = input.Step,
                    First = assignment.First,
                    Count = assignment.Count,
                    Attempt = assignment.Attempt,
                    Generation = turn.State.Generation,
                });
            }

            Relieve(turn, work, assignment.Worker, answered);
        }
    }

    private static void Relieve(in Turn turn, WorkTable work, int worker, bool answered)
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
            work.Measure(elapsed, member.Units);
        }

        // The short last batch of an epoch is no measure for the others.
        var isUsual = work == turn.State.Shards && turn.Rules.SamplesOf(turn.State.Step) == turn.Rules.SamplesOf(1);
        if (elapsed > TimeSpan.Zero && isUsual)
        {
            Measure(ref member, elapsed, answered, work.UnitTime * SlownessMaximum, turn.Rules);
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

    private static Effect AnswerEffect(EffectKind kind, in Input input) => new()
    {
        Kind = kind,
        Worker = input.Worker,
        Step = input.Step,
        First = input.First,
        Count = input.Count,
        Attempt = input.Attempt,
    };

    private static Reason OnCommitDone(in Turn turn, int step, CommitOutcome outcome)
    {
        var state = turn.State;
        if (state.Phase != Phase.Committing || step != state.Step)
        {
            return Reason.CommitUnexpected;
        }

        if (outcome != CommitOutcome.Committed)
        {
            state.WeightsSpoilt = outcome == CommitOutcome.WeightsNotFinite;
            Diverge(turn, new Effect { Kind = EffectKind.Diverge, Step = step });
            return Reason.CommitDiverged;
        }

        state.Completed = step;
        state.KeepAnswers();
        state.Phase = Phase.Gathering;
        turn.Effects.Add(new Effect { Kind = EffectKind.PublishWeights, Step = step });
        WelcomeNew(turn);
        if (turn.Rules.Ledger)
        {
            turn.Effects.Add(new Effect { Kind = EffectKind.AppendLedger, Step = step, Count = turn.Rules.SamplesOf(step) });
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
}
