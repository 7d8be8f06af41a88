namespace Backprop.Tests.Simulation.Record;

/// <summary>The promises of the record, against thousands of clusters in which everything goes wrong.</summary>
public sealed class RecordSimulationTests(ITestOutputHelper output)
{
    /// <summary>May be raised to 100,000.</summary>
    private const int SeedsCount = 5_000;

    [Fact]
    public void EverySeedKeepsWhatWasAcknowledged_AndComesToOneLeader()
    {
        var (counts, hash, seeds, events) = (new RecordCounts(), 0ul, 0, 0L);
        foreach (var seed in Simulation.Seeds(Environment.GetEnvironmentVariable(Simulation.SeedVariable), SeedsCount))
        {
            var world = RecordSimulation.Run(seed);
            counts.Add(world.Counts);
            hash = (hash * 31) + world.Journal.Hash;
            seeds++;
            events += world.Passed;
        }

        // The same after a change means that the change decided nothing otherwise.
        output.WriteLine($"{seeds} seeds, {hash:x16}, {events / seeds} events each");
        output.WriteLine(counts.ToString());
        if (seeds >= SeedsCount)
        {
            RequireReached(counts, seeds);
        }
    }

    [Fact]
    public void ASeedIsTheSameEveryTime()
    {
        for (var seed = 10_000ul; seed < 10_020; seed++)
        {
            RecordSimulation.Run(seed).Journal.Hash.ShouldBe(RecordSimulation.Run(seed).Journal.Hash);
        }
    }

    [Fact]
    public void TheReplayCommandFiltersForATestThatExists() => RecordSimulation.ReplayCommand(7)
        .ShouldContain($"{nameof(RecordSimulationTests)}.{nameof(EverySeedKeepsWhatWasAcknowledged_AndComesToOneLeader)[..9]}");

    /// <summary>What thousands of disturbed worlds must have seen, or they are not disturbed enough.</summary>
    private static void RequireReached(RecordCounts counts, int seeds)
    {
        counts.Leaders.ShouldBeGreaterThan(3 * seeds);
        counts.LeadersBesideOthers.ShouldBeGreaterThan(seeds / 40);
        counts.Acknowledged.ShouldBeGreaterThan(10 * seeds);
        counts.Durable.ShouldBeGreaterThan(seeds);
        counts.Fetched.ShouldBeGreaterThan(seeds);
        counts.Configured.ShouldBeGreaterThan(seeds);
        counts.CutOff.ShouldBeGreaterThan(seeds / 10);
        counts.CrashesAtSave.ShouldBeGreaterThan(seeds / 2);
        counts.CrashesOfAll.ShouldBeGreaterThan(seeds / 10);
        counts.Freezes.ShouldBeGreaterThan(seeds / 2);
        counts.Cuts.ShouldBeGreaterThan(seeds);
        counts.Gone.ShouldBeGreaterThan(seeds / 20);
        counts.Resigned.ShouldBeGreaterThan(seeds / 20);
        counts.SavesFailed.ShouldBeGreaterThan(seeds / 2);
    }
}
