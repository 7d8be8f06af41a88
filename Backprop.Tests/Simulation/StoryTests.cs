using Backprop.Coordinator.Core;

namespace Backprop.Tests.Simulation;

/// <summary>
/// A small cluster in a rack, limits as they are in reality, and one thing after another that goes wrong. A step takes some 20 ms with
/// three workers. Whatever happens, the run ends in the weights of the undisturbed run, with every sample once in the ledger: that is
/// checked in every world; what is said here is what it costs.
/// </summary>
public sealed class StoryTests
{
    private static SwarmOptions Rack => new()
    {
        Seed = 11,
        Rules = new Rules
        {
            Steps = 60,
            Samples = 480,
            Batch = 48,
            Shards = 16,
            CheckpointEverySteps = 8,
            SpeedSmoothing = 0.2,
            Speculate = true,
            LateMinimum = TimeSpan.FromMilliseconds(20),
        },
        Workers = 3,
        Slownesses = [1, 1, 1],
        DelayMinimum = 100,
        DelayMean = 100,
        PartTime = 200,
        ComputePerSample = 1_000,
    };

    private static SwarmOptions WithoutSpeculation => Rack with { Rules = Rack.Rules with { Speculate = false } };

    [Fact]
    public void AWorkerIsKilledInTheMiddleOfAStepWhileAnotherJoins()
    {
        var world = Simulation.Play(WithoutSpeculation, new Story()
            .After(EffectKind.Assign, 20, w => w.Kill(w.Workers[0]))
            .After(EffectKind.Assign, 20, w => w.Join(isLiar: false, slowness: 1)));

        LongestStep(world).ShouldBeLessThan(0.1);
        world.Workers.Count.ShouldBe(3);
    }

    [Fact]
    public void AWorkerDiesWithItsMachineAndIsMissedAfterTheLimitOfSilence()
    {
        var story = new Story().After(EffectKind.BeginStep, 20, w => w.Kill(w.Workers[1], silently: true));

        var world = Simulation.Play(WithoutSpeculation, story);

        LongestStep(world).ShouldBeInRange(2.4, 3.6);
    }

    [Fact]
    public void WithSpeculationNobodyWaitsForTheLimitOfSilence()
    {
        var world = Simulation.Play(Rack, new Story().After(EffectKind.BeginStep, 20, w => w.Kill(w.Workers[1], silently: true)));

        LongestStep(world).ShouldBeLessThan(0.15);
    }

    [Fact]
    public void AWorkerIsStoppedForTenSecondsAndComesBackByItself()
    {
        var stopped = default(SimulatedWorker);
        var world = Simulation.Play(Long(WithoutSpeculation), new Story().After(EffectKind.BeginStep, 20, w =>
        {
            stopped = w.Workers[2];
            w.Stop(stopped, 10_000_000);
        }));

        LongestStep(world).ShouldBeInRange(2.4, 3.6);
        stopped!.Connections.ShouldBe(2);
        stopped.IsConnected.ShouldBeTrue();
    }

    [Fact]
    public void AWorkerThatIsAskedToLeaveHandsItsShardsBack()
    {
        var world = Simulation.Play(WithoutSpeculation, new Story().After(EffectKind.Assign, 20, w => w.Drain(w.Workers[0])));

        LongestStep(world).ShouldBeLessThan(0.1);
        world.Workers.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void AWorkerIsCutOffForFiveSecondsInOneDirectionOrBoth(bool up, bool down)
    {
        var cutOff = default(SimulatedWorker);
        var world = Simulation.Play(Long(WithoutSpeculation), new Story().After(EffectKind.BeginStep, 20, w =>
        {
            cutOff = w.Workers[0];
            w.CutOff(cutOff, up, down, 5_000_000);
        }));

        LongestStep(world).ShouldBeInRange(2.4, 3.6);
        cutOff!.Connections.ShouldBeGreaterThan(1);
        cutOff.IsConnected.ShouldBeTrue();
    }

    [Fact]
    public void OnlyTheCoordinatorsHeartbeatsAreLost()
    {
        // The second worker has nothing to do and hears nothing else; it takes the coordinator for gone, and comes back under its own name.
        var deaf = default(SimulatedWorker);
        var options = Rack with
        {
            Rules = Rack.Rules with { Steps = 4, Shards = 1 },
            Workers = 2,
            Slownesses = [1, 1],
            ComputePerSample = 100_000,
        };
        var world = Simulation.Play(options, new Story().At(100, w =>
        {
            deaf = w.Workers[1];
            w.LoseBeats(deaf, 4_000_000);
        }));

        deaf!.Connections.ShouldBe(2);
        deaf.IsConnected.ShouldBeTrue();
        world.Result.Sessions.ShouldBe(1);
    }

    [Theory]
    [InlineData(nameof(EffectKind.Commit))]
    [InlineData(nameof(EffectKind.PublishWeights))]
    [InlineData(nameof(EffectKind.AppendLedger))]
    [InlineData(nameof(EffectKind.WriteCheckpoint))]
    [InlineData(nameof(EffectKind.BeginStep))]
    public void TheCoordinatorIsKilledBetweenCommitAndCheckpoint(string after)
    {
        var world = Simulation.Play(Rack, new Story().After(Enum.Parse<EffectKind>(after), 16, w => w.CrashCoordinator(silently: false)));

        world.Result.Sessions.ShouldBe(2);
        world.Workers.ShouldAllBe(w => w.Connections >= 2);
        world.Coordinator.State.Members.Count.ShouldBe(3);
    }

    [Fact]
    public void TheCoordinatorDiesWithItsMachineAndTheWorkersComeBackAfterTheLimitOfSilence()
    {
        var world = Simulation.Play(Long(Rack), new Story().After(EffectKind.BeginStep, 20, w => w.CrashCoordinator(silently: true)));

        world.Result.Sessions.ShouldBe(2);
        LongestStep(world).ShouldBeLessThan(5.0);
    }

    [Fact]
    public void TheCoordinatorIsStoppedForASecondAndLosesNobody()
    {
        var world = Simulation.Play(Rack, new Story().After(EffectKind.BeginStep, 20, w => w.StopCoordinator(1_000_000)));

        world.Workers.ShouldAllBe(w => w.Connections == 1);
    }

    [Fact]
    public void TheCoordinatorIsStoppedForTenSecondsAndEverybodyComesBack()
    {
        var world = Simulation.Play(Long(Rack), new Story().After(EffectKind.BeginStep, 20, w => w.StopCoordinator(10_000_000)));

        world.Coordinator.State.Members.Count.ShouldBe(3);
        world.Result.Sessions.ShouldBe(1);
        LongestStep(world).ShouldBeLessThan(16.0);
    }

    [Fact]
    public void TenWorkersASecondComeAndGo()
    {
        var story = new Story();
        for (var at = 200; at < 10_000; at += 100)
        {
            _ = (at / 100) % 2 == 0
                ? story.At(at, w => w.Join(isLiar: false, slowness: 1))
                : story.At(at, w => w.Drain(w.Workers[^1]));
        }

        var quiet = Simulation.Play(Long(Rack));
        var world = Simulation.Play(Long(Rack), story);

        // Every other tenth of a second a fourth worker helps; the coming and going costs less than that gives.
        world.Commits[300].ShouldBeLessThan(quiet.Commits[300] * 11 / 10);
    }

    [Fact]
    public void FiftyWorkersAreKilledOneAfterAnother_AndNoneCostsMuchMoreThanItsStep()
    {
        var kills = new List<long>();
        var story = new Story();
        for (var kill = 0; kill < 50; kill++)
        {
            var victim = kill % 3;
            story.At(1_000 + (170 * kill), w =>
            {
                kills.Add(w.Now);
                w.Kill(w.Workers[victim]);
                w.Join(isLiar: false, slowness: 1);
            });
        }

        var world = Simulation.Play(Long(Rack), story);

        var usual = (world.Commits[^1] - world.Commits[^101]) / 100;
        var costs = kills.Select(at => world.Commits.First(c => c > at) - at).Order().ToArray();
        costs[25].ShouldBeLessThan(usual + 50_000);
        costs[^1].ShouldBeLessThan((3 * usual) + 50_000);
    }

    private static SwarmOptions Long(SwarmOptions options) => options with { Rules = options.Rules with { Steps = 1_000 } };

    /// <summary>The longest time between two commits, in seconds.</summary>
    private static double LongestStep(SimulatedWorld world)
    {
        var longest = 0L;
        for (var step = 1; step < world.Commits.Count; step++)
        {
            longest = Math.Max(longest, world.Commits[step] - world.Commits[step - 1]);
        }

        return longest / 1e6;
    }
}
