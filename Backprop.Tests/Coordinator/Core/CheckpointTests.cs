using Backprop.Coordinator.Core;

namespace Backprop.Tests.Coordinator.Core;

/// <summary>What is written down, when, and how a run ends.</summary>
public sealed class CheckpointTests
{
    private static Rules EveryStep => CoordinatorScript.SmallRules with { CheckpointEverySteps = 1 };

    [Fact]
    public void Checkpoint_IsWrittenBesideTheTraining_OneAtATime()
    {
        var script = CoordinatorScript.Begun(1, EveryStep);
        script.CompleteStep();
        script.Kinds.ShouldBe(
            [EffectKind.PublishWeights, EffectKind.AppendLedger, EffectKind.WriteCheckpoint, EffectKind.BeginStep, EffectKind.Assign]);

        script.CompleteStep();
        script.Kinds.ShouldNotContain(EffectKind.WriteCheckpoint);
        script.Give(Input.CheckpointDurable(1)).ShouldBe(Reason.CheckpointDurable);

        script.Effects.ShouldBeEmpty();
        script.State.CheckpointOwed.ShouldBeTrue();
    }

    [Fact]
    public void Checkpoint_ByTime_IsDueAtTheFirstBoundaryAfterSoLong_AndCountsFromTheLastOne()
    {
        var script = CoordinatorScript.Begun(
            1, CoordinatorScript.SmallRules with { Steps = 99, CheckpointEvery = TimeSpan.FromSeconds(60) });
        script.Now += TimeSpan.FromSeconds(59);
        script.CompleteStep();
        script.Kinds.ShouldNotContain(EffectKind.WriteCheckpoint);

        script.Now += TimeSpan.FromSeconds(5);
        script.CompleteStep();
        script.Effects.ShouldContain(e => e.Kind == EffectKind.WriteCheckpoint && e.Step == 2 && !e.IsBest);
        script.Give(Input.CheckpointDurable(2));

        script.Now += TimeSpan.FromSeconds(59);
        script.CompleteStep();
        script.Kinds.ShouldNotContain(EffectKind.WriteCheckpoint);
        script.Now += TimeSpan.FromSeconds(1);
        script.CompleteStep();
        script.Effects.ShouldContain(e => e.Kind == EffectKind.WriteCheckpoint && e.Step == 4);
    }

    [Fact]
    public void Checkpoint_ByTime_IsNotWrittenTwiceForTheSameStep()
    {
        var script = CoordinatorScript.Begun(
            1, CoordinatorScript.SmallRules with { Steps = 99, CheckpointEverySteps = 1, CheckpointEvery = TimeSpan.FromSeconds(60) });
        script.CompleteStep();
        script.Give(Input.CheckpointDurable(1));
        script.Now += TimeSpan.FromSeconds(600);

        script.Give(Input.WorkerLost(new(0)));
        script.Give(Input.WorkerJoined(new(1)));

        script.Kinds.ShouldNotContain(EffectKind.WriteCheckpoint);
    }

    [Fact]
    public void Checkpoint_ByEpochs_IsWrittenAfterEachSoMany()
    {
        var rules = CoordinatorScript.SmallRules with { Steps = 99, CheckpointEveryEpochs = 2 };

        Enumerable.Range(1, 24).Where(rules.CheckpointsAfter).ShouldBe([8, 16, 24]);
    }

    [Fact]
    public void WhatIsLeft_IsCountedInSamples_WithTheShortBatches()
    {
        var rules = new Rules { Steps = 7, Samples = 10, Batch = 4, Shards = 8 };

        Enumerable.Range(0, 8).Select(rules.SamplesUntil).ShouldBe([0, 4, 8, 10, 14, 18, 20, 24]);
        Enumerable.Range(0, 8).Select(rules.SamplesAfter).ShouldBe([24, 20, 16, 14, 10, 6, 4, 0]);
    }

    [Fact]
    public void CheckpointFailed_IsTriedAgainAtAStepBoundaryAfterTheDelay()
    {
        var script = CoordinatorScript.Begun(1, CoordinatorScript.SmallRules with { Steps = 9, CheckpointEverySteps = 2 });
        script.CompleteStep();
        script.CompleteStep();
        script.Give(Input.CheckpointFailed(2)).ShouldBe(Reason.CheckpointFailed);
        script.CompleteStep();
        script.Kinds.ShouldNotContain(EffectKind.WriteCheckpoint);

        script.Now += TimeSpan.FromSeconds(1);
        script.CompleteStep();

        script.Effects.ShouldContain(e => e.Kind == EffectKind.WriteCheckpoint && e.Step == 4);
    }

    [Fact]
    public void CheckpointFailed_AtTheEnd_IsTriedAgainUntilItIsDurable()
    {
        var script = CoordinatorScript.Begun(1, CoordinatorScript.SmallRules with { Steps = 1 });
        script.CompleteStep();
        script.Kinds[^1].ShouldBe(EffectKind.WriteCheckpoint);
        script.Give(Input.CheckpointFailed(1));
        script.Effects.ShouldBeEmpty();
        CoordinatorCore.NextDeadline(script.State, script.Rules).ShouldBe(TimeSpan.FromSeconds(1));

        script.Pass(1000).ShouldBe(Reason.DeadlinePassed);
        script.Kinds.ShouldBe([EffectKind.WriteCheckpoint]);
        script.Give(Input.CheckpointDurable(1));

        script.Effects.ShouldBe([Effect.Finish(1, RunOutcome.Completed)]);
    }

    [Fact]
    public void CheckpointFailed_OnceTooOften_EndsTheRun()
    {
        var rules = CoordinatorScript.SmallRules with { Steps = 1, CheckpointFailuresMaximum = 2, CheckpointRetryDelay = TimeSpan.Zero };
        var script = CoordinatorScript.Begun(1, rules);
        script.CompleteStep();
        script.Give(Input.CheckpointFailed(1)).ShouldBe(Reason.CheckpointFailed);
        script.Kinds.ShouldBe([EffectKind.WriteCheckpoint]);

        script.Give(Input.CheckpointFailed(1)).ShouldBe(Reason.CheckpointsExhausted);

        script.Effects[^1].Outcome.ShouldBe(RunOutcome.StorageFailed);
    }

    [Fact]
    public void End_WithAnOlderCheckpointBeingWritten_WaitsForItAndThenWritesTheLast()
    {
        var script = CoordinatorScript.Begun(1, EveryStep with { Steps = 2 });
        script.CompleteStep();
        script.CompleteStep();
        script.State.Phase.ShouldBe(Phase.Holding);

        script.Give(Input.CheckpointDurable(1));

        script.Effects.ShouldBe([Effect.WriteCheckpoint(2, isBest: false)]);
    }

    [Fact]
    public void StopRequested_FinishesTheStepThenWritesThenStops()
    {
        var script = CoordinatorScript.Begun(2);
        script.Give(Input.StopRequested()).ShouldBe(Reason.StopAccepted);
        script.Effects.ShouldBeEmpty();
        script.Give(Input.StopRequested()).ShouldBe(Reason.StopRepeated);

        script.CompleteStep();
        script.Kinds.ShouldBe([EffectKind.PublishWeights, EffectKind.AppendLedger, EffectKind.WriteCheckpoint]);
        script.Give(Input.CheckpointDurable(1));

        script.Effects.ShouldBe([Effect.Finish(1, RunOutcome.Stopped)]);
    }

    [Fact]
    public void StopRequested_WhileWorkersAreMissing_GivesTheStepUp()
    {
        var script = CoordinatorScript.Begun(1);
        script.CompleteStep();
        script.Give(Input.WorkerLost(new(0)));

        script.Give(Input.StopRequested()).ShouldBe(Reason.StopAccepted);

        script.Effects.ShouldBe([Effect.WriteCheckpoint(1, isBest: false)]);
        script.State.Step.ShouldBe(1);
    }

    [Fact]
    public void StopAt_StopsAfterThatStep()
    {
        var script = CoordinatorScript.Begun(1, CoordinatorScript.SmallRules with { StopAt = 2 });
        script.CompleteStep();
        script.State.Phase.ShouldBe(Phase.Computing);
        script.CompleteStep();
        script.Give(Input.CheckpointDurable(2));

        script.Effects[^1].Outcome.ShouldBe(RunOutcome.Stopped);
    }

    [Fact]
    public void Start_AfterTheLastStep_CompletesWithoutWorkersAndWithoutWriting()
    {
        var script = new CoordinatorScript(CoordinatorScript.SmallRules, completed: 3);

        script.Give(Input.Started());

        script.Effects[^1].ShouldBe(Effect.Finish(3, RunOutcome.Completed));
        script.Kinds.ShouldNotContain(EffectKind.WriteCheckpoint);
    }

    [Fact]
    public void NoCheckpoints_NoLedger_TheRunIsStepsAlone()
    {
        var script = CoordinatorScript.Begun(1, EveryStep with { Steps = 1, Checkpoints = false, Ledger = false });

        script.CompleteStep();

        script.Kinds.ShouldBe([EffectKind.PublishWeights, EffectKind.Finish]);
    }

    [Fact]
    public void LedgerFailed_StopsTheRun()
    {
        var script = CoordinatorScript.Begun(1);

        script.Give(Input.LedgerFailed(1)).ShouldBe(Reason.LedgerFailed);

        script.Effects[^1].Outcome.ShouldBe(RunOutcome.StorageFailed);
    }

    [Fact]
    public void CheckpointDurable_Unasked_ChangesNothing()
    {
        var script = CoordinatorScript.Begun(1);
        var before = StateImage.Of(script.State);

        script.Give(Input.CheckpointDurable(0)).ShouldBe(Reason.CheckpointUnexpected);
        script.Give(Input.CheckpointFailed(-1)).ShouldBe(Reason.CheckpointUnexpected);

        StateImage.Of(script.State).ShouldBe(before);
    }
}
