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

        script.Effects[1].ShouldBe(new Effect { Kind = EffectKind.NameWorker, Worker = 0, Step = 1, Count = 4, Attempt = 1 });
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
        script.Effects.ShouldBe([new Effect { Kind = EffectKind.Finish, Step = 1, Outcome = RunOutcome.Diverged }]);
    }

    [Fact]
    public void NotFinite_OfTheOnlyWorker_IsComputedAgainByIt()
    {
        var script = CoordinatorScript.Begun(1);

        script.Answer(0, 0, 8, finite: false).ShouldBe(Reason.AnswerNotFinite);
        script.Effects.ShouldHaveSingleItem().ShouldBe(
            new Effect { Kind = EffectKind.AssignSpan, Worker = 0, Step = 1, Count = 8, Attempt = 2, Generation = 1 });

        script.Answer(0, 0, 8, finite: false).ShouldBe(Reason.SpanDiverged);
    }

    [Fact]
    public void NotFinite_SentTwice_IsNoSecondOpinion()
    {
        var script = CoordinatorScript.Begun(1);
        var answer = Input.SpanAnswered(0, 1, new ShardSpan(0, 8), finite: false, attempt: 1);
        script.Give(answer).ShouldBe(Reason.AnswerNotFinite);

        script.Give(answer).ShouldBe(Reason.AnswerNotFiniteUnasked);

        script.State.Phase.ShouldBe(Phase.Computing);
    }

    [Fact]
    public void NotFinite_OfAWorkerThatWasLost_IsIgnored()
    {
        var script = CoordinatorScript.Begun(2);
        script.Give(Input.WorkerLost(0));

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

        script.Kinds.ShouldBe([EffectKind.TakeSpan, EffectKind.NameWorker, EffectKind.Dismiss, EffectKind.Commit]);
        script.State.Members.Count.ShouldBe(1);
        script.Give(Input.WorkerJoined(0)).ShouldBe(Reason.WorkerWasDismissed);
        script.Give(Input.SpanAnswered(0, 3, new ShardSpan(0, 4), finite: true, attempt: 1)).ShouldBe(Reason.AnswerOfDismissed);
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

    [Theory]
    [InlineData(nameof(CommitOutcome.GradientNotFinite), "Diverge WriteCheckpoint")]
    [InlineData(nameof(CommitOutcome.WeightsNotFinite), "Diverge Finish")]
    public void CommitDone_NotFinite_Diverges_AndWritesNoSpoiltWeights(string outcome, string expected)
    {
        var script = CoordinatorScript.Begun(1);
        script.CompleteStep();
        script.AnswerAll();

        script.Give(Input.CommitDone(2, Enum.Parse<CommitOutcome>(outcome))).ShouldBe(Reason.CommitDiverged);

        string.Join(' ', script.Kinds).ShouldBe(expected);
        script.State.Completed.ShouldBe(1);
    }
}
