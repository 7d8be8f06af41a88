using Backprop.Coordinator.Core;

namespace Backprop.Tests.Simulation;

/// <summary>
/// What the division of work makes of workers of different speed, in virtual time: beside each other they reach nearly the sum of what
/// each reaches alone. Shards are whole, so that the best plan has a little less.
/// </summary>
public sealed class ThroughputTests
{
    private const int Begun = 40;

    /// <summary>The rules of worker processes.</summary>
    private static SwarmOptions Workshop(int shards, params int[] slownesses) => new()
    {
        Seed = 5,
        Rules = new Rules
        {
            Steps = 240,
            Samples = 6_400,
            Batch = 64,
            Shards = shards,
            Speculate = true,
            SpeedSmoothing = 0.2,
            LateFactor = 2,
            LateMinimum = TimeSpan.FromMilliseconds(20),
        },
        Workers = slownesses.Length,
        Slownesses = slownesses,
        DelayMinimum = 50,
        DelayMean = 50,
        PartTime = 100,
        ComputePerSample = 1_000,
        ComputeNoise = 10,
    };

    [Theory]
    [InlineData(8, 90, 1, 5)]
    [InlineData(16, 90, 1, 5)]
    [InlineData(32, 90, 1, 5)]
    [InlineData(16, 90, 5, 1)]
    [InlineData(8, 80, 1, 10)]
    [InlineData(16, 80, 1, 10)]
    [InlineData(32, 80, 1, 10)]
    [InlineData(16, 80, 1, 1, 10)]
    [InlineData(32, 80, 1, 2, 3, 4)]
    [InlineData(8, 90, 1, 1)]
    [InlineData(32, 80, 1, 1, 1)]
    [InlineData(32, 80, 1, 2)]
    [InlineData(32, 80, 1, 3)]
    [InlineData(16, 80, 1, 1, 2)]
    [InlineData(32, 80, 1, 1, 2)]
    public void WorkersOfDifferentSpeedReachNearlyTheSumOfTheirSpeeds(int shards, int percent, params int[] slownesses)
    {
        var sum = slownesses.Sum(slowness => StepsPerSecond(Simulation.Play(Workshop(shards, slowness))));

        var world = Simulation.Play(Workshop(shards, slownesses));
        var together = StepsPerSecond(world);

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{100 * together / sum:F1} % of {sum:F2} steps a second; {world.Coordinator.Overtaken} spans computed twice");
        (100 * together / sum).ShouldBeGreaterThan(percent);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    public void WorkMovesAwayFromAWorkerThatBecomesTenTimesSlower_AndBackAgain(int shards)
    {
        var options = Workshop(shards, 1, 1) with { Rules = Workshop(shards).Rules with { Steps = 600 } };
        var world = Simulation.Play(options, new Story()
            .After(EffectKind.BeginStep, 100, w => w.Workers[1].Slowness = 10)
            .After(EffectKind.BeginStep, 200, w => w.Workers[1].Slowness = 1));

        var before = Average(world, 50, 99);
        var slow = Average(world, 120, 199);
        var after = Average(world, 500, 599);

        TestContext.Current.TestOutputHelper!.WriteLine($"{before} us a step, then {slow}, then {after}");
        slow.ShouldBeLessThan(before * 2 / 1.1 / 0.8);
        after.ShouldBeLessThan(before * 1.1);
    }

    [Fact]
    public void EqualWorkersHardlyEverComputeTheSameTwice()
    {
        Simulation.Play(Workshop(8, 1, 1)).Coordinator.Overtaken.ShouldBeLessThan(5);
    }

    private static double StepsPerSecond(SimulatedWorld world) => 1e6 / Average(world, Begun, world.Commits.Count - 1);

    /// <summary>The time of a step, in microseconds.</summary>
    private static double Average(SimulatedWorld world, int from, int to) =>
        (double)(world.Commits[to] - world.Commits[from]) / (to - from);
}
