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
        Give(WorkerInput.Welcomed(0, generation: 1));

        Assign(Span(1, 0)).ShouldBe(WorkerReason.Accepted);
        Effects.ShouldBe([new WorkerEffect(WorkerEffectKind.Compute, Span(1, 0))]);
        Give(WorkerInput.ComputeDone(Span(1, 0), finite: true)).ShouldBe(WorkerReason.Accepted);

        Effects.ShouldBe([new WorkerEffect(WorkerEffectKind.Answer, Span(1, 0), Finite: true)]);
    }

    [Fact]
    public void SpanAssigned_BeforeItsWeights_WaitsForThem()
    {
        Give(WorkerInput.Welcomed(0, generation: 1));

        Assign(Span(2, 0));
        Effects.ShouldBeEmpty();
        Give(WorkerInput.WeightsPublished(1));

        Effects.ShouldBe([new WorkerEffect(WorkerEffectKind.Compute, Span(2, 0))]);
    }

    [Fact]
    public void SpanAssigned_OfAStepThatIsOver_IsDropped()
    {
        Give(WorkerInput.Welcomed(5, generation: 1));

        Assign(Span(5, 0)).ShouldBe(WorkerReason.Old);
    }

    [Fact]
    public void WeightsPublished_DropsWhatWaitedForOlderOnes()
    {
        Give(WorkerInput.Welcomed(0, generation: 1));
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
        Give(WorkerInput.Welcomed(5, generation: 1));

        Give(WorkerInput.WeightsPublished(4)).ShouldBe(WorkerReason.Old);

        _state.Weights.ShouldBe(5);
    }

    [Fact]
    public void Commands_OfAnOlderGeneration_AreIgnored()
    {
        Give(WorkerInput.Welcomed(0, generation: 3));

        Assign(Span(1, 0), generation: 2).ShouldBe(WorkerReason.StaleGeneration);
        Give(WorkerInput.Cancelled(Span(1, 0), generation: 2)).ShouldBe(WorkerReason.StaleGeneration);
        Give(WorkerInput.Welcomed(9, generation: 2)).ShouldBe(WorkerReason.StaleGeneration);
        Assign(Span(1, 0), generation: 4).ShouldBe(WorkerReason.Accepted);
    }

    [Fact]
    public void Cancelled_WhileWaitingOrComputing_IsNotAnswered()
    {
        Give(WorkerInput.Welcomed(0, generation: 1));
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
        Give(WorkerInput.Welcomed(0, generation: 1));
        Assign(Span(1, 0));
        Assign(Span(1, 0, attempt: 7)).ShouldBe(WorkerReason.Repeated);

        Give(WorkerInput.Cancelled(Span(1, 0), generation: 1)).ShouldBe(WorkerReason.Unknown);

        Give(WorkerInput.ComputeDone(Span(1, 0), finite: false));
        Effects.ShouldBe([new WorkerEffect(WorkerEffectKind.Answer, Span(1, 0, attempt: 7), Finite: false)]);
    }

    [Fact]
    public void SpanAssigned_AgainAfterItsCancellation_IsComputedAnew_BecauseThePassMayBeGivenUpAlready()
    {
        Give(WorkerInput.Welcomed(0, generation: 1));
        Assign(Span(1, 0));
        Give(WorkerInput.Cancelled(Span(1, 0), generation: 1)).ShouldBe(WorkerReason.Accepted);

        Assign(Span(1, 0, attempt: 2)).ShouldBe(WorkerReason.Accepted);
        Give(WorkerInput.ComputeDone(Span(1, 0), finite: true)).ShouldBe(WorkerReason.NotNeeded);

        Effects.ShouldBe([new WorkerEffect(WorkerEffectKind.Compute, Span(1, 0, attempt: 2))]);
    }

    [Fact]
    public void SpanAssigned_AgainAfterItsAnswer_IsComputedAgain()
    {
        Give(WorkerInput.Welcomed(0, generation: 1));
        Assign(Span(1, 0));
        Give(WorkerInput.ComputeDone(Span(1, 0), finite: false));

        Assign(Span(1, 0, attempt: 2)).ShouldBe(WorkerReason.Accepted);

        Effects.ShouldBe([new WorkerEffect(WorkerEffectKind.Compute, Span(1, 0, attempt: 2))]);
    }

    [Fact]
    public void BlocksAssigned_AreComputedWithTheWeightsOfTheCompletedStep()
    {
        Give(WorkerInput.Welcomed(3, generation: 1));

        Give(WorkerInput.BlocksAssigned(3, 0, 2, attempt: 1, generation: 1)).ShouldBe(WorkerReason.Accepted);

        Effects.ShouldHaveSingleItem().Work.Weights.ShouldBe(3);
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
    public void Released_LeavesAndHearsNothingMore()
    {
        Give(WorkerInput.Welcomed(0, generation: 1));
        Assign(Span(1, 0));

        Give(WorkerInput.Released()).ShouldBe(WorkerReason.Accepted);
        Effects.ShouldBe([new WorkerEffect(WorkerEffectKind.Leave)]);

        WorkerInput[] later = [WorkerInput.Released(), WorkerInput.WeightsPublished(1), WorkerInput.ComputeDone(Span(1, 0), finite: true)];
        foreach (var input in later)
        {
            Give(input).ShouldBe(WorkerReason.Left);
            Effects.ShouldBeEmpty();
        }
    }

    [Fact]
    public void EveryInput_AtTheVeryBeginning_IsAnsweredWithAReason()
    {
        Give(WorkerInput.Cancelled(Span(1, 0), 0)).ShouldBe(WorkerReason.Unknown);
        Give(WorkerInput.ComputeDone(Span(1, 0), true)).ShouldBe(WorkerReason.Unknown);
        Assign(Span(int.MinValue, int.MinValue)).ShouldBe(WorkerReason.Accepted);
        Give(WorkerInput.WeightsPublished(int.MinValue)).ShouldBe(WorkerReason.Old);
        Effects.ShouldBeEmpty();
    }

    private WorkerEffect[] Effects => _effects.AsSpan().ToArray();

    private WorkerReason Give(WorkerInput input) => WorkerCore.Advance(_state, in input, _effects);

    private WorkerReason Assign(Assignment work, int generation = 1) =>
        Give(WorkerInput.SpanAssigned(work.Step, work.First, work.Count, work.Attempt, generation));
}
