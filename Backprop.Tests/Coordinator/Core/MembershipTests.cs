using Backprop.Coordinator.Core;

namespace Backprop.Tests.Coordinator.Core;

/// <summary>Who comes, who goes, and what is done about it.</summary>
public sealed class MembershipTests
{
    [Fact]
    public void Started_BelowTheMinimum_WaitsAndSaysSo_ThenGoesOnByItself()
    {
        var script = new CoordinatorScript(CoordinatorScript.SmallRules with { WorkersMinimum = 2 });
        script.Give(Input.WorkerJoined(new(7)));

        script.Give(Input.Started()).ShouldBe(Reason.Started);
        script.Effects.ShouldBe([Effect.ReportWaiting(1, 2)]);
        script.Give(Input.WorkerJoined(new(3))).ShouldBe(Reason.WorkerAdmitted);

        script.Kinds.ShouldBe(
            [EffectKind.SendFirstWeights, EffectKind.ReportEnough, EffectKind.BeginStep, EffectKind.Assign, EffectKind.Assign]);
    }

    [Fact]
    public void WorkerLost_InAStep_GivesItsShardsToOthersWhenTheyAreIdle()
    {
        var script = CoordinatorScript.Begun(2);

        script.Give(Input.WorkerLost(new(0))).ShouldBe(Reason.WorkerRemoved);
        script.Effects.ShouldBeEmpty();
        script.Answer(1, 4, 4);

        script.Given().ShouldBe([(1, 0, 4)]);
        script.CompleteStep();
        script.State.Completed.ShouldBe(1);
    }

    [Fact]
    public void WorkerLost_WhileAnotherIsIdle_GivesItsShardsAtOnce()
    {
        var script = CoordinatorScript.Begun(2);
        script.Answer(1, 4, 4);

        script.Give(Input.WorkerLost(new(0)));

        script.Effects.ShouldHaveSingleItem().Kind.ShouldBe(EffectKind.Assign);
    }

    [Fact]
    public void WorkerLost_BelowTheMinimum_KeepsTheStepAndWaits()
    {
        var script = CoordinatorScript.Begun(2, CoordinatorScript.SmallRules with { WorkersMinimum = 2 });

        script.Give(Input.WorkerLost(new(0)));
        script.Kinds.ShouldBe([EffectKind.ReportWaiting]);
        script.Answer(1, 4, 4);
        script.Kinds.ShouldBe([EffectKind.TakeGradient]);
        script.Give(Input.WorkerJoined(new(5)));

        script.Kinds[..2].ShouldBe([EffectKind.SendFirstWeights, EffectKind.ReportEnough]);
        script.Given().Sum(g => g.Count).ShouldBe(4);
        script.CompleteStep().ShouldBe(Reason.Committed);
    }

    [Fact]
    public void WorkerJoined_InTheMiddleOfAnUpdate_IsWelcomedWithTheNewWeights()
    {
        var script = CoordinatorScript.Begun(1);
        script.AnswerAll();

        script.Give(Input.WorkerJoined(new(1)));
        script.Effects.ShouldBeEmpty();
        script.Give(Input.CommitDone(1, CommitOutcome.Committed));

        script.Effects[1].ShouldBe(Effect.SendFirstWeights(new(1), 1));
        script.Given().ShouldBe([(0, 0, 4), (1, 4, 4)]);
    }

    [Fact]
    public void WorkerJoined_BeyondTheMaximum_IsRefused()
    {
        var script = CoordinatorScript.Begun(2, CoordinatorScript.SmallRules with { WorkersMaximum = 2 });

        script.Give(Input.WorkerJoined(new(2))).ShouldBe(Reason.WorkersFull);

        script.Effects.ShouldBe([Effect.Refuse(new(2))]);
    }

    [Fact]
    public void WorkerJoined_Twice_ChangesNothing()
    {
        var script = CoordinatorScript.Begun(2);
        var before = StateImage.Of(script.State);

        script.Give(Input.WorkerJoined(new(1))).ShouldBe(Reason.WorkerKnown);
        script.Give(Input.WorkerLost(new(9))).ShouldBe(Reason.WorkerUnknown);

        StateImage.Of(script.State).ShouldBe(before);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-1)]
    public void WorkerJoined_WithASpeedThatIsNone_CountsAsUnknown(double speed)
    {
        var script = new CoordinatorScript(CoordinatorScript.SmallRules);
        script.Give(Input.WorkerJoined(new(0), speed));
        script.Give(Input.WorkerJoined(new(1)));

        script.Give(Input.Started());

        script.Given().ShouldBe([(0, 0, 4), (1, 4, 4)]);
    }

    [Fact]
    public void Generation_GrowsWithEveryChangeOfMembershipAndWithNothingElse()
    {
        var script = CoordinatorScript.Begun(3);
        script.State.Generation.ShouldBe(3);

        script.CompleteStep();
        script.State.Generation.ShouldBe(3);
        script.Give(Input.WorkerLost(new(1)));

        script.State.Generation.ShouldBe(4);
    }

    [Fact]
    public void Tick_AfterTheTimeToWaitForWorkers_EndsTheRunWithItsWeightsSafe()
    {
        var rules = CoordinatorScript.SmallRules with { WorkersMinimum = 2, WorkersTimeout = TimeSpan.FromSeconds(1) };
        var script = CoordinatorScript.Begun(2, rules);
        script.CompleteStep();
        script.Give(Input.WorkerLost(new(0)));
        CoordinatorCore.NextDeadline(script.State, rules).ShouldBe(TimeSpan.FromSeconds(1));

        script.Pass(999).ShouldBe(Reason.NothingDue);
        script.Pass(1).ShouldBe(Reason.DeadlinePassed);
        script.Effects.ShouldBe([Effect.WriteCheckpoint(1, isBest: false)]);
        script.Give(Input.CheckpointDurable(1));

        script.Effects.ShouldBe([Effect.Finish(1, RunOutcome.TooFewWorkers)]);
    }

    [Fact]
    public void Flow_Gathering_Computing_WorkerLost_Waiting_WorkerJoined_Committing_Computing()
    {
        var script = new CoordinatorScript(CoordinatorScript.SmallRules);
        script.Give(Input.Started());
        script.State.Phase.ShouldBe(Phase.Gathering);
        script.Give(Input.WorkerJoined(new(0)));
        script.State.Phase.ShouldBe(Phase.Computing);
        script.Give(Input.WorkerLost(new(0)));
        script.State.IsWaiting.ShouldBeTrue();
        script.Give(Input.WorkerJoined(new(1)));
        script.AnswerAll();
        script.State.Phase.ShouldBe(Phase.Committing);
        script.Give(Input.CommitDone(1, CommitOutcome.Committed));
        script.State.Phase.ShouldBe(Phase.Computing);
        script.State.Step.ShouldBe(2);
    }
}
