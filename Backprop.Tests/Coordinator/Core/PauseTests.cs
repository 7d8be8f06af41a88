using Backprop.Coordinator.Core;

namespace Backprop.Tests.Coordinator.Core;

/// <summary>What people ask of a run that goes on: to pause, to go on, to write a checkpoint.</summary>
public sealed class PauseTests
{
    private static Rules Unhurried => CoordinatorScript.SmallRules with { Steps = 99 };

    private static Rules OfTwo => Unhurried with { WorkersMinimum = 2, WorkersTimeout = TimeSpan.FromSeconds(10) };

    [Fact]
    public void Pause_BeginsAfterTheStep_WithACheckpoint_AndEndsWithTheNextStep()
    {
        var script = CoordinatorScript.Begun(2, Unhurried);
        script.Give(Input.PauseRequested()).ShouldBe(Reason.PauseAccepted);
        script.Effects.ShouldBeEmpty();

        script.CompleteStep();

        script.Kinds.ShouldBe(
            [EffectKind.PublishWeights, EffectKind.AppendLedger, EffectKind.ReportPaused, EffectKind.WriteCheckpoint]);
        script.State.Phase.ShouldBe(Phase.Paused);
        script.Give(Input.CheckpointDurable(1));
        script.Effects.ShouldBeEmpty();
        CoordinatorCore.NextDeadline(script.State, script.Rules).ShouldBeNull();
        script.Pass(3_600_000).ShouldBe(Reason.NothingDue);

        script.Give(Input.ResumeRequested()).ShouldBe(Reason.ResumeAccepted);
        script.Kinds.ShouldBe([EffectKind.ReportResumed, EffectKind.BeginStep, EffectKind.Assign, EffectKind.Assign]);
        script.State.Step.ShouldBe(2);
    }

    [Fact]
    public void Pause_FinishesTheEvaluationThatIsOwed()
    {
        var script = CoordinatorScript.Begun(1, Unhurried with { EvaluationBlocks = 4, EvaluateEverySteps = 1 });
        script.Give(Input.PauseRequested());

        script.CompleteStep();
        script.State.Phase.ShouldBe(Phase.Evaluating);
        script.CompleteEvaluation(best: true);

        script.Effects.ShouldBe([Effect.ReportPaused(1), Effect.WriteCheckpoint(1, isBest: true)]);
    }

    [Fact]
    public void Pause_BeforeTheRunBegins_HoldsItThere_AndWritesNothing()
    {
        var script = new CoordinatorScript(Unhurried);
        script.Give(Input.PauseRequested()).ShouldBe(Reason.PauseAccepted);
        script.Give(Input.WorkerJoined(new(0)));
        script.Give(Input.Started());

        script.Effects.ShouldBe([Effect.ReportPaused(0)]);
        script.Give(Input.ResumeRequested());
        script.Kinds.ShouldBe([EffectKind.ReportResumed, EffectKind.BeginStep, EffectKind.Assign]);
    }

    [Fact]
    public void Pause_OfARunThatKeepsNoCheckpoints_WritesNone()
    {
        var script = CoordinatorScript.Begun(1, Unhurried with { Checkpoints = false });
        script.Give(Input.PauseRequested());

        script.CompleteStep();

        script.Kinds.ShouldBe([EffectKind.PublishWeights, EffectKind.AppendLedger, EffectKind.ReportPaused]);
    }

    [Fact]
    public void Pause_WhileAnOlderCheckpointIsBeingWritten_WritesTheNewestAfterIt()
    {
        var script = CoordinatorScript.Begun(1, Unhurried with { CheckpointEverySteps = 1 });
        script.CompleteStep();
        script.Give(Input.PauseRequested());
        script.CompleteStep();
        script.Kinds.ShouldNotContain(EffectKind.WriteCheckpoint);

        script.Give(Input.CheckpointDurable(1));

        script.Effects.ShouldBe([Effect.WriteCheckpoint(2, isBest: false)]);
        script.Give(Input.CheckpointDurable(2));
        script.Effects.ShouldBeEmpty();
    }

    [Fact]
    public void Pause_WhoseCheckpointFails_TriesAgainAfterTheDelay_TheBestToo()
    {
        var rules = Unhurried with { EvaluationBlocks = 4, EvaluateEverySteps = 1, CheckpointRetryDelay = TimeSpan.FromSeconds(1) };
        var script = CoordinatorScript.Begun(1, rules);
        script.Give(Input.PauseRequested());
        script.CompleteStep();
        script.CompleteEvaluation(best: true);

        script.Give(Input.CheckpointFailed(1)).ShouldBe(Reason.CheckpointFailed);

        script.Effects.ShouldBeEmpty();
        CoordinatorCore.NextDeadline(script.State, script.Rules).ShouldBe(TimeSpan.FromSeconds(1));
        script.Pass(1000).ShouldBe(Reason.DeadlinePassed);
        script.Effects.ShouldBe([Effect.WriteCheckpoint(1, isBest: true)]);
    }

    [Fact]
    public void Pause_LetsWorkersComeAndGo_AndGivesThemNothing()
    {
        var script = CoordinatorScript.Begun(2, OfTwo);
        script.Give(Input.PauseRequested());
        script.CompleteStep();

        script.Give(Input.WorkerLost(new(0)));
        script.Kinds.ShouldBe([EffectKind.ReportWaiting]);
        script.Give(Input.WorkerJoined(new(7)));
        script.Kinds.ShouldBe([EffectKind.SendFirstWeights, EffectKind.ReportEnough]);

        script.State.Phase.ShouldBe(Phase.Paused);
        script.Give(Input.ResumeRequested());
        script.Kinds.Count(kind => kind == EffectKind.Assign).ShouldBe(2);
    }

    [Fact]
    public void Pause_StopsTheWaitForWorkers_AndResumeBeginsItAnew()
    {
        var script = CoordinatorScript.Begun(2, OfTwo with { Checkpoints = false });
        script.Give(Input.PauseRequested());
        script.CompleteStep();
        script.Give(Input.WorkerLost(new(0)));
        script.Pass(60_000).ShouldBe(Reason.NothingDue);

        script.Give(Input.ResumeRequested());

        script.State.Phase.ShouldBe(Phase.Gathering);
        script.Pass(9_000).ShouldBe(Reason.NothingDue);
        script.Pass(1_000).ShouldBe(Reason.DeadlinePassed);
        script.Effects[^1].Outcome.ShouldBe(RunOutcome.TooFewWorkers);
    }

    [Fact]
    public void Pause_OfARunThatWaitsForWorkers_BeginsAtOnce_BetweenTwoSteps()
    {
        var script = CoordinatorScript.Begun(1, OfTwo);
        script.State.Phase.ShouldBe(Phase.Gathering);

        script.Give(Input.PauseRequested());

        script.Effects.ShouldBe([Effect.ReportPaused(0)]);
        script.Give(Input.WorkerJoined(new(9)));
        script.State.Phase.ShouldBe(Phase.Paused);
    }

    [Fact]
    public void Pause_InAStepThatWaitsForWorkers_WaitsForTheStepWithoutALimit()
    {
        var script = CoordinatorScript.Begun(2, OfTwo);
        script.Give(Input.WorkerLost(new(0)));
        script.Give(Input.PauseRequested());
        script.State.Phase.ShouldBe(Phase.Computing);
        script.Pass(3_600_000).ShouldBe(Reason.NothingDue);

        script.Give(Input.WorkerJoined(new(3)));
        script.CompleteStep();

        script.State.Phase.ShouldBe(Phase.Paused);
    }

    [Fact]
    public void Pause_WhileAStepThatMustBeComputedAgainHasNoWorkers_BeginsAtOnce()
    {
        var script = CoordinatorScript.Begun(2, OfTwo);
        script.AnswerAll();
        script.Give(Input.WorkerLost(new(0)));
        script.Give(Input.PauseRequested());

        script.Give(Input.CommitDone(1, CommitOutcome.GradientNotFinite)).ShouldBe(Reason.StepComputedAgain);

        script.State.Phase.ShouldBe(Phase.Paused);
    }

    [Fact]
    public void Stop_InAPause_EndsTheRun()
    {
        var script = CoordinatorScript.Begun(1, Unhurried);
        script.Give(Input.PauseRequested());
        script.CompleteStep();
        script.Give(Input.CheckpointDurable(1));

        script.Give(Input.StopRequested()).ShouldBe(Reason.StopAccepted);

        script.Effects.ShouldBe([Effect.Finish(1, RunOutcome.Stopped)]);
    }

    [Fact]
    public void Stop_BesideAPause_EndsTheRunAfterTheStep()
    {
        var script = CoordinatorScript.Begun(1, Unhurried);
        script.Give(Input.PauseRequested());
        script.Give(Input.StopRequested()).ShouldBe(Reason.StopAccepted);
        script.Give(Input.ResumeRequested()).ShouldBe(Reason.ResumeAccepted);
        script.Give(Input.PauseRequested()).ShouldBe(Reason.PauseRepeated);

        script.CompleteStep();

        script.Kinds.ShouldBe([EffectKind.PublishWeights, EffectKind.AppendLedger, EffectKind.WriteCheckpoint]);
        script.Give(Input.CheckpointDurable(1));
        script.Effects.ShouldBe([Effect.Finish(1, RunOutcome.Stopped)]);
    }

    [Fact]
    public void OldNews_IsNoError()
    {
        var script = CoordinatorScript.Begun(1, Unhurried);
        var before = StateImage.Of(script.State);

        script.Give(Input.ResumeRequested()).ShouldBe(Reason.ResumeUnasked);
        StateImage.Of(script.State).ShouldBe(before);

        script.Give(Input.PauseRequested());
        before = StateImage.Of(script.State);
        script.Give(Input.PauseRequested()).ShouldBe(Reason.PauseRepeated);
        StateImage.Of(script.State).ShouldBe(before);
    }

    [Fact]
    public void Resume_BeforeTheStepIsDone_TakesThePauseBack()
    {
        var script = CoordinatorScript.Begun(1, Unhurried);
        script.Give(Input.PauseRequested());

        script.Give(Input.ResumeRequested()).ShouldBe(Reason.ResumeAccepted);
        script.CompleteStep();

        script.Kinds.ShouldNotContain(EffectKind.ReportPaused);
        script.State.Phase.ShouldBe(Phase.Computing);
    }

    [Fact]
    public void Checkpoint_ThatIsAskedFor_IsWrittenAfterTheStep_Once()
    {
        var script = CoordinatorScript.Begun(1, Unhurried);
        script.Give(Input.CheckpointRequested()).ShouldBe(Reason.CheckpointAccepted);
        script.Effects.ShouldBeEmpty();
        script.Give(Input.CheckpointRequested()).ShouldBe(Reason.CheckpointRepeated);

        script.CompleteStep();
        script.Effects.ShouldContain(Effect.WriteCheckpoint(1, isBest: false));
        script.Give(Input.CheckpointDurable(1));

        script.CompleteStep();
        script.Kinds.ShouldNotContain(EffectKind.WriteCheckpoint);
    }

    [Fact]
    public void Checkpoint_ThatIsAskedForBeforeTheFirstStep_IsWrittenAfterIt()
    {
        var script = new CoordinatorScript(Unhurried);
        script.Give(Input.CheckpointRequested()).ShouldBe(Reason.CheckpointAccepted);
        script.Give(Input.WorkerJoined(new(0)));
        script.Give(Input.Started());
        script.Kinds.ShouldNotContain(EffectKind.WriteCheckpoint);

        script.CompleteStep();

        script.Effects.ShouldContain(Effect.WriteCheckpoint(1, isBest: false));
    }

    [Fact]
    public void Checkpoint_ThatIsAskedForWhileTheRunWaitsForWorkers_IsBegunAtOnce()
    {
        var script = CoordinatorScript.Begun(1, Unhurried with { WorkersMinimum = 1 });
        script.AnswerAll();
        script.Give(Input.WorkerLost(new(0)));
        script.Give(Input.CommitDone(1, CommitOutcome.Committed));
        script.State.Phase.ShouldBe(Phase.Gathering);

        script.Give(Input.CheckpointRequested()).ShouldBe(Reason.CheckpointAccepted);

        script.Effects.ShouldBe([Effect.WriteCheckpoint(1, isBest: false)]);
        script.Give(Input.CheckpointRequested()).ShouldBe(Reason.CheckpointRepeated, "it is being written");
    }

    [Fact]
    public void Checkpoint_ThatIsAskedForInAPause_IsThereAlready()
    {
        var script = CoordinatorScript.Begun(1, Unhurried);
        script.Give(Input.PauseRequested());
        script.CompleteStep();

        script.Give(Input.CheckpointRequested()).ShouldBe(Reason.CheckpointRepeated, "it is being written");
        script.Give(Input.CheckpointDurable(1));
        script.Give(Input.CheckpointRequested()).ShouldBe(Reason.CheckpointRepeated, "it is durable");

        script.Effects.ShouldBeEmpty();
    }

    [Fact]
    public void Checkpoint_ThatIsAskedForWhereNoneIsKept_IsNotWritten()
    {
        var script = CoordinatorScript.Begun(1, Unhurried with { Checkpoints = false });

        script.Give(Input.CheckpointRequested()).ShouldBe(Reason.CheckpointsNotKept);
        script.CompleteStep();

        script.Kinds.ShouldNotContain(EffectKind.WriteCheckpoint);
    }
}
