using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;

namespace Backprop.Tests.Coordinator.Core;

/// <summary>Layers that throw: another worker computes what the first could not; what throws on two workers is the layer's fault.</summary>
public sealed class LayerFailureTests
{
    private static readonly Rules Retrying = CoordinatorScript.SmallRules with
    {
        RetryLayers = true,
        EvaluationBlocks = 4,
        EvaluateEverySteps = 1,
    };

    [Fact]
    public void WhatOneWorkerCannotCompute_IsGivenToTheOther_AndNotBackToIt()
    {
        var script = CoordinatorScript.Begun(2, Retrying);

        Fail(script, 0).ShouldBe(Reason.LayerFailedOnce);
        script.Given().ShouldBe([(1, 4, 4)]);
        script.Answer(1, 4, 4);

        script.Given().ShouldBe([(1, 0, 4)]);
        script.Answer(1, 0, 4).ShouldBe(Reason.StepComplete);
    }

    [Fact]
    public void InTheNextStep_ItIsGivenWorkAgain()
    {
        var script = CoordinatorScript.Begun(2, Retrying with { EvaluationBlocks = 0 });
        Fail(script, 0);

        script.CompleteStep();

        script.Given().ShouldBe([(0, 0, 4), (1, 4, 4)]);
    }

    [Fact]
    public void WhatThrowsOnTwoWorkers_EndsTheRun()
    {
        var script = CoordinatorScript.Begun(3, Retrying);
        Fail(script, 0);

        Fail(script, 2).ShouldBe(Reason.LayerFailed);

        script.Effects.ShouldBe([Effect.Finish(0, RunOutcome.Failed)]);
    }

    [Fact]
    public void TheOnlyWorker_TriesOnce_AndThenTheRunEnds()
    {
        var script = CoordinatorScript.Begun(1, Retrying);

        Fail(script, 0).ShouldBe(Reason.LayerFailedOnce);
        script.Given().ShouldBe([(0, 0, 8)]);

        Fail(script, 0).ShouldBe(Reason.LayerFailed);
    }

    [Fact]
    public void WhoRests_IsWokenWhenAllOthersHaveGone()
    {
        var script = CoordinatorScript.Begun(2, Retrying);
        Fail(script, 0);

        script.Give(Input.WorkerLost(new(1)));

        script.Given().ShouldBe([(0, 0, 8)]);
    }

    [Fact]
    public void WhoIsAccusedOfWhatIsNotFinite_ComputesItItself_WhereTheOnlyOtherRests()
    {
        var script = CoordinatorScript.Begun(2, Retrying);
        script.Answer(0, 0, 4, finite: false);
        Fail(script, 1);

        script.Given().ShouldContain((0, 0, 4));
        script.CompleteStep().ShouldBe(Reason.Committed);
    }

    [Fact]
    public void WhoFailsAtWhatWasTakenBack_IsNotHeard()
    {
        var script = CoordinatorScript.Begun(3, Retrying);
        var taken = WorkOf(script, 2);
        Fail(script, 2).ShouldBe(Reason.LayerFailedOnce);

        // Two of its assignments threw; the second was taken back with the first.
        Fail(script, 2, taken[^1]).ShouldBe(Reason.LayerFailedLate);

        script.CompleteStep().ShouldBe(Reason.Committed);
    }

    [Fact]
    public void InAnEvaluation_TheBlocksGoToTheOther()
    {
        var script = CoordinatorScript.Begun(2, Retrying);
        script.CompleteStep();
        script.State.Phase.ShouldBe(Phase.Evaluating);

        Fail(script, 0).ShouldBe(Reason.LayerFailedOnce);

        script.CompleteEvaluation().ShouldBe(Reason.EvaluationFolded);
    }

    [Fact]
    public void AFailureOfTheStep_ThatComesInTheEvaluationAfterIt_ChangesNothing()
    {
        var script = CoordinatorScript.Begun(2, Retrying);
        var ofTheStep = WorkOf(script, 0)[0];
        script.CompleteStep();
        script.State.Phase.ShouldBe(Phase.Evaluating);
        WorkOf(script, 0).ShouldNotBeEmpty();

        Fail(script, 0, ofTheStep).ShouldBe(Reason.LayerFailedLate);

        script.State.LayerFailedOn.ShouldBeNull();
    }

    [Fact]
    public void AFailureAtAnEarlierAttempt_OrAtWhatAnotherHas_ChangesNothing()
    {
        var script = CoordinatorScript.Begun(2, Retrying);
        var work = WorkOf(script, 0)[0];

        Fail(script, 0, work with { Attempt = work.Attempt + 7 }).ShouldBe(Reason.LayerFailedLate);
        Fail(script, 1, work).ShouldBe(Reason.LayerFailedLate);
        Fail(script, 0, work with { IsEvaluation = true }).ShouldBe(Reason.LayerFailedLate);

        script.State.LayerFailedOn.ShouldBeNull();
        Fail(script, 0, work).ShouldBe(Reason.LayerFailedOnce);
    }

    [Fact]
    public void AFailureOfAStepThatIsOver_OrOfNobody_ChangesNothing()
    {
        var script = CoordinatorScript.Begun(2, Retrying);
        var ofTheFirst = WorkOf(script, 0)[0];
        script.CompleteStep();
        script.CompleteEvaluation();

        Fail(script, 0, ofTheFirst).ShouldBe(Reason.LayerFailedLate);
        Fail(script, 7, WorkOf(script, 0)[0]).ShouldBe(Reason.LayerFailedLate);
        script.Effects.ShouldBeEmpty();
    }

    private static Reason Fail(CoordinatorScript script, int worker) => Fail(script, worker, WorkOf(script, worker)[0]);

    private static Reason Fail(CoordinatorScript script, int worker, Assignment at) => script.Give(Input.LayerFailed(new(worker), in at));

    /// <summary>What a worker has been given and has not answered.</summary>
    private static Assignment[] WorkOf(CoordinatorScript script, int worker)
    {
        var units = script.State.Phase == Phase.Evaluating ? script.State.Blocks : script.State.Shards;
        return [.. units.Given.ToArray().Where(given => given.Worker == new WorkerId(worker)).Select(given => given.Assignment)];
    }
}
