using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;

namespace Backprop.Tests.Coordinator.Core;

/// <summary>Answers that are not finite: contract 2.11.</summary>
public sealed class SuspicionTests
{
    [Fact]
    public void NotFinite_ThenFiniteElsewhere_NamesTheFirstWorker()
    {
        var script = CoordinatorScript.Begun(2);
        script.Answer(1, 4, 4);

        script.Answer(0, 0, 4, finite: false).ShouldBe(Reason.AnswerNotFinite);
        script.Given().ShouldBe([(1, 0, 4)]);
        script.Answer(1, 0, 4).ShouldBe(Reason.StepComplete);

        script.Effects[1].ShouldBe(Effect.ReportNotFinite(new(0), step: 1, strikes: 1));
        script.Effects[2].Kind.ShouldBe(EffectKind.Commit);
    }

    [Fact]
    public void NotFinite_WhileTheOthersAreBusy_WaitsForOneOfThem()
    {
        var script = CoordinatorScript.Begun(2);

        script.Answer(0, 0, 4, finite: false).ShouldBe(Reason.AnswerNotFinite);

        script.Effects.ShouldBeEmpty();
        script.Answer(1, 4, 4);
        script.Given().ShouldBe([(1, 0, 4)]);
    }

    [Fact]
    public void NotFinite_Twice_DivergesAndKeepsTheLastGoodWeights()
    {
        var script = CoordinatorScript.Begun(2);
        script.CompleteStep();
        script.Answer(0, 0, 4, finite: false);
        script.Answer(1, 4, 4);

        script.Answer(1, 0, 4, finite: false).ShouldBe(Reason.SpanDiverged);

        script.Kinds.ShouldBe([EffectKind.Diverge, EffectKind.WriteCheckpoint]);
        script.Effects[0].Step.ShouldBe(2);
        script.Effects[1].Step.ShouldBe(1);
        script.Give(Input.CheckpointDurable(1));
        script.Effects.ShouldBe([Effect.Finish(1, RunOutcome.Diverged)]);
    }

    [Fact]
    public void NotFinite_OfTheOnlyWorker_IsComputedAgainByIt()
    {
        var script = CoordinatorScript.Begun(1);

        script.Answer(0, 0, 8, finite: false).ShouldBe(Reason.AnswerNotFinite);
        script.Effects.ShouldHaveSingleItem().ShouldBe(
            Effect.Assign(new(0), Assignment.Shards(1, new ShardSpan(0, 8), attempt: 2), generation: 1));

        script.Answer(0, 0, 8, finite: false).ShouldBe(Reason.SpanDiverged);
    }

    [Fact]
    public void NotFinite_SentTwice_IsNoSecondOpinion()
    {
        var script = CoordinatorScript.Begun(1);
        var answer = Input.SpanAnswered(new(0), Assignment.Shards(1, new ShardSpan(0, 8), 1), finite: false);
        script.Give(answer).ShouldBe(Reason.AnswerNotFinite);

        script.Give(answer).ShouldBe(Reason.AnswerNotFiniteUnasked);

        script.State.Phase.ShouldBe(Phase.Computing);
    }

    [Fact]
    public void NotFinite_OfAWorkerThatWasLost_IsIgnored()
    {
        var script = CoordinatorScript.Begun(2);
        script.Give(Input.WorkerLost(new(0)));

        script.Answer(0, 0, 4, finite: false).ShouldBe(Reason.AnswerNotFiniteUnasked);
    }

    [Fact]
    public void NotFinite_TheThirdTime_DismissesTheWorker_AndItMayNotComeBack()
    {
        var script = CoordinatorScript.Begun(2);
        for (var strike = 1; strike <= 3; strike++)
        {
            script.Answer(0, 0, 4, finite: false);
            script.Answer(1, 4, 4);
            script.Answer(1, 0, 4);
            if (strike < 3)
            {
                script.Give(Input.CommitDone(strike, CommitOutcome.Committed));
            }
        }

        script.Kinds.ShouldBe([EffectKind.TakeGradient, EffectKind.ReportNotFinite, EffectKind.Dismiss, EffectKind.Commit]);
        script.State.Members.Count.ShouldBe(1);
        script.Give(Input.WorkerJoined(new(0))).ShouldBe(Reason.WorkerWasDismissed);
        script.Answer(0, 0, 4).ShouldBe(Reason.AnswerOfDismissed);
    }

    [Fact]
    public void NotFinite_ThenAnsweredInAnotherCut_EndsWithoutAJudgement()
    {
        var script = CoordinatorScript.Begun(2);
        script.Answer(0, 0, 4, finite: false);

        script.Answer(9, 0, 2).ShouldBe(Reason.SpanTaken);

        script.State.Suspicions.Count.ShouldBe(0);
        script.Given().ShouldBe([(0, 2, 1), (1, 4, 4)]);
        script.CompleteStep().ShouldBe(Reason.Committed);
    }

    [Fact]
    public void CommitDone_WithSpoiltWeights_Diverges_AndDoesNotWriteThem()
    {
        var script = CoordinatorScript.Begun(1);
        script.CompleteStep();
        script.AnswerAll();

        script.Give(Input.CommitDone(2, CommitOutcome.WeightsNotFinite)).ShouldBe(Reason.CommitDiverged);

        script.Kinds.ShouldBe([EffectKind.Diverge, EffectKind.Finish]);
        script.State.Completed.ShouldBe(1);
    }

    [Fact]
    public void CommitDone_WithAnAverageThatIsNotFinite_ComputesTheStepOnceMore_AndThenDiverges()
    {
        var script = CoordinatorScript.Begun(2);
        script.CompleteStep();
        script.AnswerAll();
        script.Give(Input.WorkerJoined(new(9)));

        script.Give(Input.CommitDone(2, CommitOutcome.GradientNotFinite)).ShouldBe(Reason.StepComputedAgain);
        script.Kinds[..2].ShouldBe([EffectKind.SendFirstWeights, EffectKind.BeginStep]);
        script.Effects[1].Step.ShouldBe(2);
        script.Effects[2].Assignment.Attempt.ShouldBeGreaterThan(2);
        script.AnswerAll();

        script.Give(Input.CommitDone(2, CommitOutcome.GradientNotFinite)).ShouldBe(Reason.CommitDiverged);
        script.Kinds.ShouldBe([EffectKind.Diverge, EffectKind.WriteCheckpoint]);
        script.State.Completed.ShouldBe(1);
    }

    [Fact]
    public void CommitDone_ThatComesOutFiniteTheSecondTime_GoesOn()
    {
        var script = CoordinatorScript.Begun(2);
        script.AnswerAll();
        script.Give(Input.CommitDone(1, CommitOutcome.GradientNotFinite)).ShouldBe(Reason.StepComputedAgain);

        script.CompleteStep().ShouldBe(Reason.Committed);

        script.State.CommittedAnswers.Length.ShouldBe(2);
    }
}
