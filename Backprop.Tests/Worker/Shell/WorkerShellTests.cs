using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Tests.Shared;

namespace Backprop.Tests.Worker.Shell;

/// <summary>A worker over a real connection: what it answers, when it answers nothing, and how it ends.</summary>
public sealed class WorkerShellTests
{
    private const int Small = 8;
    private const int Large = 40_000;

    [Theory]
    [InlineData(Small, 1)]
    [InlineData(Small, 3)]
    [InlineData(Large, 1)]
    [InlineData(Large, 2)]
    public void SpansAreAnsweredWithTheBitsOfOneProcess(int hidden, int slots)
    {
        using var scene = new WorkerScene(hidden, slots);
        var coordinator = scene.Coordinator;
        coordinator.Engage();
        for (var step = 1; step <= 3; step++)
        {
            coordinator.SendWeights(step - 1);
            foreach (var (first, count) in new[] { (0, 8), (4, 2), (5, 1) })
            {
                coordinator.Assign(FrameKind.AssignSpan, step, first, count, first + 1);
                Check(scene, step, first, count, first + 1);
            }

            coordinator.Weights.AsSpan().Fill(step / 64f);
        }
    }

    [Fact]
    public void WorkMayComeBeforeItsWeights_AndTwoSpansAtOnce()
    {
        using var scene = new WorkerScene(Large);
        var coordinator = scene.Coordinator;
        coordinator.Engage();
        coordinator.Assign(FrameKind.AssignSpan, 1, 0, 4, 1);
        coordinator.Assign(FrameKind.AssignSpan, 1, 4, 4, 2);
        coordinator.SendWeights(0, 0, 1);
        coordinator.SendWeights(0, 1);

        Check(scene, 1, 0, 4, 1);
        Check(scene, 1, 4, 4, 2);
    }

    [Fact]
    public void NewerWeightsEndAPassThatWaits_AndTheNextStepIsRight()
    {
        using var scene = new WorkerScene(Large);
        var coordinator = scene.Coordinator;
        coordinator.Engage();
        coordinator.Assign(FrameKind.AssignSpan, 1, 0, 8, 1);
        coordinator.SendWeights(0, 0, 1);
        coordinator.Assign(FrameKind.AssignSpan, 2, 0, 8, 1);
        coordinator.Weights.AsSpan().Fill(0.25f);
        coordinator.SendWeights(1);

        Check(scene, 2, 0, 8, 1);
    }

    [Fact]
    public void WeightsThatChangedOnTheWayAreDropped_AndTheSameOrNewerOnesTaken()
    {
        using var scene = new WorkerScene(Large);
        var coordinator = scene.Coordinator;
        coordinator.Engage();
        coordinator.Assign(FrameKind.AssignSpan, 1, 0, 8, 1);
        coordinator.SendWeights(0, 0, 1);
        coordinator.SendVoidWeights(0, 1);
        coordinator.SendWeights(0, 1);
        Check(scene, 1, 0, 8, 1);

        coordinator.Assign(FrameKind.AssignSpan, 2, 0, 8, 1);
        coordinator.Assign(FrameKind.AssignSpan, 3, 0, 8, 1);
        coordinator.SendVoidWeights(1, 0);
        coordinator.Weights.AsSpan().Fill(0.25f);
        coordinator.SendWeights(2);
        Check(scene, 3, 0, 8, 1);

        coordinator.SendWeights(2);
        coordinator.Assign(FrameKind.AssignSpan, 3, 4, 2, 1);
        Check(scene, 3, 4, 2, 1);
    }

    [Fact]
    public void CancelledWorkIsNotAnswered_AndTheSameShardsAgainAreUnderTheNewNumber()
    {
        using var scene = new WorkerScene(Large);
        var coordinator = scene.Coordinator;
        coordinator.Engage();
        coordinator.Assign(FrameKind.AssignSpan, 1, 0, 8, 1);
        coordinator.Assign(FrameKind.AssignSpan, 1, 4, 4, 2);
        coordinator.SendWeights(0, 0, 1);
        coordinator.Assign(FrameKind.Cancel, 1, 0, 8, 1);
        coordinator.Assign(FrameKind.AssignSpan, 1, 4, 4, 9);
        coordinator.SendWeights(0, 1);

        Check(scene, 1, 4, 4, 9);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void EvaluationBlocksAreAnsweredWithTheirSums(int slots)
    {
        using var scene = new WorkerScene(Small, slots);
        var coordinator = scene.Coordinator;
        coordinator.Engage();
        coordinator.Assign(FrameKind.AssignBlocks, 0, 0, 1, 4);
        coordinator.SendWeights(0);

        coordinator.Next().ShouldBe(FrameKind.BlocksDone);
        new StepEnvelopeReader().Read(coordinator.Link.Scanner.Envelope).Attempt.ShouldBe(4);
        coordinator.Weights.CopyTo(scene.Engine.Weights.Values);
        scene.Engine.Evaluate(0, 1);
        coordinator.Sums.ShouldBe(scene.Engine.Evaluation!.Fold.Sums(0, 1).ToArray());
    }

    [Fact]
    public void TheEndOfTheRunIsTheWorkersEnd()
    {
        using var scene = new WorkerScene();
        scene.Coordinator.Engage();
        scene.Coordinator.Link.Send(FrameKind.Finished, new Finished { Status = "completed" });

        scene.End().Code.ShouldBe(ExitCode.Done);
        scene.Said.ShouldContain("connected to 127.0.0.1:");
        scene.Said.ShouldContain("ready: ");
        scene.Said.ShouldContain("the run is over: completed");
    }

    [Fact]
    public void ADismissedWorkerSaysWhyAndEnds()
    {
        using var scene = new WorkerScene();
        scene.Coordinator.Engage();
        var refusal = Refusals.Because(ExitCode.Dismissed, "Three gradients were not finite.");
        scene.Coordinator.Link.Send(FrameKind.Dismissed, refusal);

        var (code, failure) = scene.End();
        code.ShouldBe(ExitCode.Dismissed);
        failure!.Message.ShouldBe("Three gradients were not finite.");
    }

    [Fact]
    public void AWorkerThatIsTerminatedLeavesInWords()
    {
        using var scene = new WorkerScene();
        scene.Coordinator.Engage();
        scene.Stop(ExitCode.Drained);

        scene.Coordinator.Next().ShouldBe(FrameKind.Leave);
        scene.Coordinator.Link.Close();
        scene.End().Code.ShouldBe(ExitCode.Drained);
    }

    [Fact]
    public void ALostCoordinatorIsFoundAgain_AndTheModelIsStillWarm()
    {
        using var scene = new WorkerScene();
        var coordinator = scene.Coordinator;
        coordinator.Engage();
        coordinator.Request!.Identity.ShouldBe("");
        var instance = coordinator.Request.Instance;
        coordinator.SendWeights(5);
        coordinator.Link.Close();

        coordinator.Engage();
        coordinator.Request.Instance.ShouldBe(instance);
        coordinator.Request.Incarnation.ShouldBe(2);
        coordinator.Request.Identity.ShouldBe(coordinator.Identity);
        coordinator.Assign(FrameKind.AssignSpan, 3, 0, 2, 1);
        coordinator.SendWeights(2);
        Check(scene, 3, 0, 2, 1);
        scene.Said.ShouldContain("lost the coordinator: ");
    }

    [Theory]
    [InlineData(false, 1, 1, 2)]
    [InlineData(false, 1, 8, 1)]
    [InlineData(false, 0, 0, 8)]
    [InlineData(true, 0, 0, 2)]
    public void WorkThatIsNoneEndsTheConnection(bool blocks, int step, int first, int count)
    {
        using var scene = new WorkerScene();
        scene.Coordinator.Engage();
        scene.Coordinator.Assign(blocks ? FrameKind.AssignBlocks : FrameKind.AssignSpan, step, first, count, 1);

        Should.Throw<LinkClosedException>(() => scene.Coordinator.Next());
        scene.Coordinator.Engage();
        scene.Said.ShouldContain("The coordinator assigned");
    }

    private static void Check(WorkerScene scene, int step, int first, int count, int attempt)
    {
        var (done, gradient) = scene.Coordinator.ReceiveSpan();
        (done.Step, done.First, done.Count, done.Attempt).ShouldBe((step, first, count, attempt));
        done.Finite.ShouldBeTrue();
        var (expected, loss) = scene.Expected(step, first, count);
        done.Loss.ShouldBe(loss);
        Bits.ShouldBeSame(gradient, expected);
    }
}
