using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;

namespace Backprop.Tests.Coordinator.Core;

/// <summary>A step: who gets what, which answers count, when it is committed.</summary>
public sealed class StepTests
{
    [Theory]
    [InlineData(1, "0:0+8")]
    [InlineData(2, "0:0+4 1:4+4")]
    [InlineData(4, "0:0+2 1:2+2 2:4+2 3:6+2")]
    [InlineData(8, "0:0+1 1:1+1 2:2+1 3:3+1 4:4+1 5:5+1 6:6+1 7:7+1")]
    [InlineData(3, "0:0+2 1:2+2 1:4+1 2:5+1 2:6+2")]
    public void BeginStep_EqualWorkers_GivesEachItsPartInFewSpans(int workers, string expected)
    {
        var script = CoordinatorScript.Begun(workers);

        string.Join(' ', script.Given().Select(g => $"{g.Worker}:{g.First}+{g.Count}")).ShouldBe(expected);
    }

    [Fact]
    public void BeginStep_MoreWorkersThanShards_SaysHowManyIdle()
    {
        var script = CoordinatorScript.Begun(11);

        script.Effects.ShouldContain(e => e.Kind == EffectKind.ReportIdle && e.Idle == 3);
        script.State.Members.Idle.ShouldBe(3);
    }

    [Fact]
    public void BeginStep_OneWorkerThreeTimesAsFast_GetsThreeQuarters()
    {
        var script = new CoordinatorScript(CoordinatorScript.SmallRules);
        script.Give(Input.WorkerJoined(new(0), speed: 3000));
        script.Give(Input.WorkerJoined(new(1), speed: 1000));

        script.Give(Input.Started());

        script.Given().ShouldBe([(0, 0, 4), (0, 4, 2), (1, 6, 2)]);
    }

    [Fact]
    public void BeginStep_BatchSmallerThanShards_WaitsForTheShardsThatHaveSamples()
    {
        // Three samples in eight shards: shards 2, 5 and 7 have one each.
        var script = CoordinatorScript.Begun(3, CoordinatorScript.SmallRules with { Batch = 3 });

        script.State.Shards.Missing.ShouldBe(3);
        script.Given().ShouldBe([(0, 0, 4), (1, 4, 2), (2, 6, 2)]);
    }

    [Fact]
    public void BeginStep_LastBatchOfAnEpoch_IsShorter()
    {
        var script = CoordinatorScript.Begun(1, CoordinatorScript.SmallRules with { Samples = 20 });

        script.CompleteStep();

        script.Effects.ShouldContain(e => e.Kind == EffectKind.BeginStep && e.Step == 2 && e.Samples == 4);
    }

    [Fact]
    public void SpanAnswered_EveryOne_CommitsAndThenPublishesLedgersAndGoesOn()
    {
        var script = CoordinatorScript.Begun(2);
        script.Answer(1, 4, 4).ShouldBe(Reason.SpanTaken);
        script.Kinds.ShouldBe([EffectKind.TakeGradient]);
        script.Answer(0, 0, 4).ShouldBe(Reason.StepComplete);
        script.Kinds.ShouldBe([EffectKind.TakeGradient, EffectKind.Commit]);

        script.Give(Input.CommitDone(1, CommitOutcome.Committed)).ShouldBe(Reason.Committed);

        script.Kinds.ShouldBe(
        [
            EffectKind.PublishWeights, EffectKind.AppendLedger, EffectKind.BeginStep, EffectKind.Assign, EffectKind.Assign,
        ]);
        script.State.CommittedAnswers.ToArray().ShouldBe(
        [
            new AcceptedSpan(new(1), new ShardSpan(4, 4)), new AcceptedSpan(new(0), new ShardSpan(0, 4)),
        ]);
    }

    [Theory]
    [InlineData(1, 4, 4, nameof(Reason.AnswerRepeated))]
    [InlineData(0, 0, 8, nameof(Reason.AnswerOverlapping))]
    [InlineData(0, 4, 2, nameof(Reason.AnswerRepeated))]
    [InlineData(0, 1, 2, nameof(Reason.AnswerMalformed))]
    [InlineData(0, 0, 3, nameof(Reason.AnswerMalformed))]
    [InlineData(0, -4, 4, nameof(Reason.AnswerMalformed))]
    [InlineData(0, 8, 8, nameof(Reason.AnswerMalformed))]
    [InlineData(0, 0, 0, nameof(Reason.AnswerMalformed))]
    [InlineData(0, 0, int.MinValue, nameof(Reason.AnswerMalformed))]
    [InlineData(0, 0, 1 << 30, nameof(Reason.AnswerMalformed))]
    public void SpanAnswered_NotMissing_IsCountedAndChangesNothing(int worker, int first, int count, string reason)
    {
        var script = CoordinatorScript.Begun(2);
        var expected = Enum.Parse<Reason>(reason);
        script.Answer(1, 4, 4);
        var before = StateImage.Of(script.State);

        script.Answer(worker, first, count).ShouldBe(expected);

        script.Effects.ShouldBeEmpty();
        StateImage.Of(script.State).ShouldBe(before);
        script.State.CountOf(expected).ShouldBe(1);
    }

    [Fact]
    public void SpanAnswered_OfAStepThatIsOver_IsLate()
    {
        var script = CoordinatorScript.Begun(2);
        script.CompleteStep();

        script.Give(Input.SpanAnswered(new(0), Assignment.Shards(1, new ShardSpan(0, 4), 1), finite: true)).ShouldBe(Reason.AnswerLate);
        script.Give(Input.SpanAnswered(new(0), Assignment.Shards(3, new ShardSpan(0, 4), 1), finite: true)).ShouldBe(Reason.AnswerAhead);
    }

    [Fact]
    public void SpanAnswered_ByAWorkerThatWasLost_IsTakenIfStillMissing()
    {
        var script = CoordinatorScript.Begun(2);
        script.Give(Input.WorkerLost(new(0)));

        script.Answer(0, 0, 4).ShouldBe(Reason.SpanTaken);

        script.Effects[^1].Kind.ShouldBe(EffectKind.TakeGradient);
    }

    [Fact]
    public void SpanAnswered_WhileAnotherComputesTheSame_CancelsTheOther()
    {
        var script = CoordinatorScript.Begun(2);
        script.Give(Input.WorkerLost(new(0)));
        script.Answer(1, 4, 4);
        script.Given().ShouldBe([(1, 0, 4)]);

        script.Answer(0, 0, 4).ShouldBe(Reason.StepComplete);

        script.Kinds.ShouldBe([EffectKind.Cancel, EffectKind.TakeGradient, EffectKind.Commit]);
    }

    [Fact]
    public void SpanAnswered_CutOtherwise_LeavesTheRestToBeGivenAgain()
    {
        var script = CoordinatorScript.Begun(1);

        script.Answer(9, 0, 2).ShouldBe(Reason.SpanTaken);

        script.Kinds.ShouldBe([EffectKind.Cancel, EffectKind.TakeGradient, EffectKind.Assign, EffectKind.Assign]);
        script.Given().ShouldBe([(0, 2, 2), (0, 4, 4)]);
    }

    [Fact]
    public void CommitDone_Unasked_ChangesNothing()
    {
        var script = CoordinatorScript.Begun(1);

        script.Give(Input.CommitDone(1, CommitOutcome.Committed)).ShouldBe(Reason.CommitUnexpected);

        script.State.Completed.ShouldBe(0);
    }

    [Fact]
    public void LayerFailed_InTheStep_EndsTheRunAtOnce()
    {
        var script = CoordinatorScript.Begun(2);

        script.Give(Input.LayerFailed(new(1), new Assignment { Step = 1 })).ShouldBe(Reason.LayerFailed);

        script.Effects.ShouldBe([Effect.Finish(0, RunOutcome.Failed)]);
        script.Give(Input.Tick()).ShouldBe(Reason.RunFinished);
    }

    [Fact]
    public void Steps_OnceWarm_AllocateNothing()
    {
        var script = CoordinatorScript.Begun(3, CoordinatorScript.SmallRules with { Steps = 10_000, CheckpointEverySteps = 0 });
        void Run(int steps)
        {
            for (var i = 0; i < steps; i++)
            {
                script.CompleteStep();
            }
        }

        Run(500);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(500);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }
}
