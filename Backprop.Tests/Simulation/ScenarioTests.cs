using Backprop.Coordinator.Core;

namespace Backprop.Tests.Simulation;

/// <summary>Single runs with one thing that goes wrong, said by name.</summary>
public sealed class ScenarioTests
{
    private static SwarmOptions Quiet => new()
    {
        Seed = 7,
        Rules = new Rules { Steps = 12, Samples = 50, Batch = 16, Shards = 8, CheckpointEverySteps = 4 },
    };

    [Fact]
    public void OneQuietWorkerEndsInTheWeightsOfTheReference()
    {
        var result = Simulation.Run(Quiet);

        result.Outcome.ShouldBe(RunOutcome.Completed);
        result.Weights.HasBitsOf(new ReferenceRun(Quiet).WeightsAfter(12)).ShouldBeTrue();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(9)]
    public void AnyNumberOfQuietWorkersEndsInTheSameWeights(int workers)
    {
        var alone = Simulation.Run(Quiet);

        Simulation.Run(Quiet with { Workers = workers }).Weights.HasBitsOf(alone.Weights).ShouldBeTrue();
    }

    [Fact]
    public void APersistentLiarAloneMakesTheRunDivergeInItsFirstStep()
    {
        var result = Simulation.Run(Quiet with { Liars = 1, LieProbability = 1, LiarsPersist = true, Heals = false });

        result.Outcome.ShouldBe(RunOutcome.Diverged);
        result.Completed.ShouldBe(0);
    }

    [Fact]
    public void APersistentLiarAmongOthersIsDismissedAndTheRunCompletes()
    {
        var reasons = new long[Enum.GetValues<Reason>().Length];
        var result = Simulation.Run(Quiet with { Workers = 4, Liars = 1, LieProbability = 1, LiarsPersist = true }, reasons: reasons);

        result.Outcome.ShouldBe(RunOutcome.Completed);
        reasons[(int)Reason.AnswerNotFinite].ShouldBeGreaterThanOrEqualTo(3);
        reasons[(int)Reason.SpanDiverged].ShouldBe(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AStepWithoutAFiniteResultEndsTheRunAtTheWeightsBeforeIt(bool overflow)
    {
        var result = Simulation.Run(Quiet with { Workers = 3, PoisonedStep = 6, PoisonIsOverflow = overflow });

        result.Outcome.ShouldBe(RunOutcome.Diverged);
        result.Completed.ShouldBe(5);
    }

    [Fact]
    public void StoppedInTheMiddleOfAnEpochAndResumedEndsInTheSameWeights()
    {
        var options = Quiet with { Workers = 2, Rules = Quiet.Rules with { StopAt = 6 } };

        var result = Simulation.Run(options);

        result.Sessions.ShouldBe(2);
        result.Weights.HasBitsOf(Simulation.Run(Quiet).Weights).ShouldBeTrue();
    }
}
