using Backprop.Shared.Actors;
using Backprop.Shared.Gradients;
using Backprop.Worker.Core;

namespace Backprop.Tests.Worker.Core;

/// <summary>What a worker does with what it is told.</summary>
public sealed class WorkerCoreTests
{
    private readonly EffectList<WorkerEffect> _effects = new();
    private readonly WorkerState _state = new(queueMaximum: 4);

    private static Assignment Span(int step, int first, int attempt = 1) => new(IsEvaluation: false, step, first, 4, attempt);

    [Fact]
    public void SpanAssigned_WithItsWeightsHere_IsComputedAndAnswered()
    {
        Give(WorkerInput.WeightsPublished(0));

        Assign(Span(1, 0)).ShouldBe(WorkerReason.Accepted);
        Effects.ShouldBe([WorkerEffect.Compute(Span(1, 0))]);
        Give(WorkerInput.ComputeDone(Span(1, 0), finite: true)).ShouldBe(WorkerReason.Accepted);

        Effects.ShouldBe([WorkerEffect.Answer(Span(1, 0), finite: true)]);
    }

    [Fact]
    public void SpanAssigned_BeforeItsWeights_WaitsForThem()
    {
        Give(WorkerInput.WeightsPublished(0));

        Assign(Span(2, 0));
        Effects.ShouldBeEmpty();
        Give(WorkerInput.WeightsPublished(1));

        Effects.ShouldBe([WorkerEffect.WithdrawUpTo(1), WorkerEffect.Compute(Span(2, 0))]);
    }

    [Fact]
    public void SpanAssigned_OfAStepThatIsOver_IsDropped()
    {
        Give(WorkerInput.WeightsPublished(5));

        Assign(Span(5, 0)).ShouldBe(WorkerReason.Old);
    }

    [Fact]
    public void WeightsPublished_DropsWhatWaitedForOlderOnes()
    {
        Give(WorkerInput.WeightsPublished(0));
        Assign(Span(1, 0));
        Assign(Span(1, 4));

        Give(WorkerInput.WeightsPublished(1));
        _state.Queue.Length.ShouldBe(0);

        Give(WorkerInput.ComputeDone(Span(1, 0), finite: true)).ShouldBe(WorkerReason.NotNeeded);
        Effects.ShouldBeEmpty();
    }

    [Fact]
    public void WeightsPublished_OlderThanThoseHere_AreIgnored()
    {
        Give(WorkerInput.WeightsPublished(5));

        Give(WorkerInput.WeightsPublished(4)).ShouldBe(WorkerReason.Old);

        _state.Weights.ShouldBe(5);
    }

    [Fact]
    public void Commands_OfAnOlderGeneration_AreIgnored()
    {
        Give(WorkerInput.WeightsPublished(0));
        Assign(Span(1, 4), generation: 3);

        Assign(Span(1, 0), generation: 2).ShouldBe(WorkerReason.StaleGeneration);
        Give(WorkerInput.Cancelled(Span(1, 0), generation: 2)).ShouldBe(WorkerReason.StaleGeneration);
        Assign(Span(1, 0), generation: 4).ShouldBe(WorkerReason.Accepted);
    }

    [Fact]
    public void Cancelled_WhileWaitingOrComputing_IsNotAnswered()
    {
        Give(WorkerInput.WeightsPublished(0));
        Assign(Span(1, 0));
        Assign(Span(1, 4, attempt: 2));

        Give(WorkerInput.Cancelled(Span(1, 4, attempt: 2), generation: 1)).ShouldBe(WorkerReason.Accepted);
        Give(WorkerInput.Cancelled(Span(1, 0), generation: 1)).ShouldBe(WorkerReason.Accepted);

        Give(WorkerInput.ComputeDone(Span(1, 0), finite: true)).ShouldBe(WorkerReason.NotNeeded);
        Effects.ShouldBeEmpty();
    }

    [Fact]
    public void Cancelled_UnderAnOlderNumber_LeavesTheNewerAssignment()
    {
        Give(WorkerInput.WeightsPublished(0));
        Assign(Span(1, 0));
        Assign(Span(1, 0, attempt: 7)).ShouldBe(WorkerReason.Repeated);

        Give(WorkerInput.Cancelled(Span(1, 0), generation: 1)).ShouldBe(WorkerReason.Withdrawn);

        Give(WorkerInput.ComputeDone(Span(1, 0), finite: false));
        Effects.ShouldBe([WorkerEffect.Answer(Span(1, 0, attempt: 7), finite: false)]);
    }

    [Fact]
    public void SpanAssigned_AgainAfterItsCancellation_IsComputedAnew_BecauseThePassMayBeGivenUpAlready()
    {
        Give(WorkerInput.WeightsPublished(0));
        Assign(Span(1, 0));
        Give(WorkerInput.Cancelled(Span(1, 0), generation: 1)).ShouldBe(WorkerReason.Accepted);

        Assign(Span(1, 0, attempt: 2)).ShouldBe(WorkerReason.Accepted);
        Give(WorkerInput.ComputeDone(Span(1, 0), finite: true)).ShouldBe(WorkerReason.NotNeeded);

        Effects.ShouldBe([WorkerEffect.Compute(Span(1, 0, attempt: 2))]);
    }

    [Fact]
    public void SpanAssigned_AgainAfterItsAnswer_IsComputedAgain()
    {
        Give(WorkerInput.WeightsPublished(0));
        Assign(Span(1, 0));
        Give(WorkerInput.ComputeDone(Span(1, 0), finite: false));

        Assign(Span(1, 0, attempt: 2)).ShouldBe(WorkerReason.Accepted);

        Effects.ShouldBe([WorkerEffect.Compute(Span(1, 0, attempt: 2))]);
    }

    [Fact]
    public void BlocksAssigned_AreComputedWithTheWeightsOfTheCompletedStep()
    {
        Give(WorkerInput.WeightsPublished(3));

        Assign(Assignment.Blocks(3, 0, 2, attempt: 1)).ShouldBe(WorkerReason.Accepted);

        Effects.ShouldBe([WorkerEffect.Compute(Assignment.Blocks(3, 0, 2, attempt: 1))]);
    }

    [Fact]
    public void Queue_WhenFull_SaysSo()
    {
        for (var i = 0; i < 4; i++)
        {
            Assign(Span(9, 4 * i)).ShouldBe(WorkerReason.Accepted);
        }

        Assign(Span(9, 32)).ShouldBe(WorkerReason.QueueFull);
    }

    [Fact]
    public void LeaveRequested_AbandonsThePassAndSaysSo_AndOnlyTheEndIsHeardThen()
    {
        Give(WorkerInput.WeightsPublished(0));
        Assign(Span(1, 0));

        Give(WorkerInput.LeaveRequested()).ShouldBe(WorkerReason.Accepted);
        Effects.ShouldBe([WorkerEffect.Abandon(), WorkerEffect.Leave()]);

        HearsNothing();
        Give(WorkerInput.Released()).ShouldBe(WorkerReason.Accepted);
        Effects.ShouldBe([WorkerEffect.End()]);
        HearsNothing();
    }

    [Fact]
    public void Released_AbandonsThePassAndEnds_AndNothingMoreIsHeard()
    {
        Give(WorkerInput.WeightsPublished(0));
        Assign(Span(1, 0));

        Give(WorkerInput.Released()).ShouldBe(WorkerReason.Accepted);
        Effects.ShouldBe([WorkerEffect.Abandon(), WorkerEffect.End()]);

        HearsNothing();
        Give(WorkerInput.Released()).ShouldBe(WorkerReason.Left);
    }

    [Fact]
    public void LeaveRequestedOrReleased_WhereNothingIsComputed_AbandonsNothing()
    {
        Give(WorkerInput.LeaveRequested());
        Effects.ShouldBe([WorkerEffect.Leave()]);

        var idle = new WorkerState();
        WorkerCore.Advance(idle, WorkerInput.Released(), _effects);
        Effects.ShouldBe([WorkerEffect.End()]);
    }

    [Fact]
    public void Cancelled_WhileComputing_AbandonsOnce()
    {
        Give(WorkerInput.WeightsPublished(0));
        Assign(Span(1, 0));

        Give(WorkerInput.Cancelled(Span(1, 0), generation: 1));
        Effects.ShouldBe([WorkerEffect.Abandon()]);

        Give(WorkerInput.WeightsPublished(1));
        Effects.ShouldBe([WorkerEffect.WithdrawUpTo(1)]);
        Give(WorkerInput.LeaveRequested());
        Effects.ShouldBe([WorkerEffect.Leave()]);
    }

    [Fact]
    public void Cancelled_AfterItsAnswer_WithdrawsIt()
    {
        Give(WorkerInput.WeightsPublished(0));
        Assign(Span(1, 0));
        Give(WorkerInput.ComputeDone(Span(1, 0), finite: true));

        Give(WorkerInput.Cancelled(Span(1, 0), generation: 1)).ShouldBe(WorkerReason.Withdrawn);

        Effects.ShouldBe([WorkerEffect.Withdraw(Span(1, 0))]);
    }

    [Fact]
    public void Cancelled_DoesNotSayShardsOrBlocks_AndFindsEither()
    {
        Give(WorkerInput.WeightsPublished(3));
        var blocks = Assignment.Blocks(3, 0, 4, attempt: 1);
        Assign(blocks);
        Assign(Span(4, 0));

        Give(WorkerInput.Cancelled(Span(3, 0), generation: 1)).ShouldBe(WorkerReason.Accepted);
        Effects.ShouldBe([WorkerEffect.Abandon()]);
        Give(WorkerInput.Cancelled(Span(4, 0), generation: 1)).ShouldBe(WorkerReason.Accepted);

        Give(WorkerInput.ComputeDone(blocks, finite: true)).ShouldBe(WorkerReason.NotNeeded);
        Effects.ShouldBeEmpty();
    }

    [Fact]
    public void SpanAssigned_AgainWhileItIsComputed_IsRenumbered()
    {
        Give(WorkerInput.WeightsPublished(0));
        Assign(Span(1, 0));

        Assign(Span(1, 0, attempt: 7)).ShouldBe(WorkerReason.Repeated);

        Effects.ShouldBe([WorkerEffect.Renumber(Span(1, 0, attempt: 7))]);
    }

    [Fact]
    public void WeightsPublished_AbandonsThePassWithTheFormerOnes_AndWithdrawsWhatWasAnswered()
    {
        Give(WorkerInput.WeightsPublished(0));
        Assign(Span(1, 0));

        Give(WorkerInput.WeightsPublished(1)).ShouldBe(WorkerReason.Accepted);
        Effects.ShouldBe([WorkerEffect.WithdrawUpTo(1), WorkerEffect.Abandon()]);

        Give(WorkerInput.WeightsPublished(1)).ShouldBe(WorkerReason.Accepted);
        Effects.ShouldBeEmpty();
    }

    [Fact]
    public void ComputeFailed_IsNotAnswered_AndTheNextOneIsComputed()
    {
        Give(WorkerInput.WeightsPublished(0));
        Assign(Span(1, 0));
        Assign(Span(1, 4));

        Give(WorkerInput.ComputeFailed(Span(1, 0))).ShouldBe(WorkerReason.Failed);

        Effects.ShouldBe([WorkerEffect.Compute(Span(1, 4))]);
    }

    [Fact]
    public void EveryInput_AtTheVeryBeginning_IsAnsweredWithAReason()
    {
        Give(WorkerInput.Cancelled(Span(1, 0), 0)).ShouldBe(WorkerReason.Withdrawn);
        Give(WorkerInput.ComputeFailed(Span(1, 0))).ShouldBe(WorkerReason.Unknown);
        Give(WorkerInput.ComputeDone(Span(1, 0), true)).ShouldBe(WorkerReason.Unknown);
        Assign(Span(int.MinValue, int.MinValue)).ShouldBe(WorkerReason.Accepted);
        Give(WorkerInput.WeightsPublished(int.MinValue)).ShouldBe(WorkerReason.Old);
        Effects.ShouldBeEmpty();
    }

    private WorkerEffect[] Effects => _effects.AsSpan().ToArray();

    private WorkerReason Give(WorkerInput input) => WorkerCore.Advance(_state, in input, _effects);

    private WorkerReason Assign(Assignment assignment, int generation = 1) => Give(WorkerInput.Assigned(in assignment, generation));

    private void HearsNothing()
    {
        WorkerInput[] later =
        [
            WorkerInput.LeaveRequested(), WorkerInput.WeightsPublished(1), WorkerInput.ComputeDone(Span(1, 0), finite: true),
            WorkerInput.Assigned(Span(1, 4), 1), WorkerInput.Cancelled(Span(1, 0), 1), WorkerInput.ComputeFailed(Span(1, 0)),
        ];
        foreach (var input in later)
        {
            Give(input).ShouldBe(WorkerReason.Left);
            Effects.ShouldBeEmpty();
        }
    }
}
