using Backprop.Coordinator.Core;

namespace Backprop.Tests.Simulation;

/// <summary>The promises of the design's sections 2 and 3, against thousands of clusters in which everything goes wrong.</summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int SeedsCount = 5_000;

    /// <summary>What thousands of disturbed runs must have seen, or they are not disturbed enough.</summary>
    private static readonly Reason[] Reached =
    [
        Reason.DeadlinePassed, Reason.WorkersFull, Reason.WorkerRemoved, Reason.AnswerLate, Reason.AnswerAhead, Reason.AnswerRepeated,
        Reason.AnswerOverlapping, Reason.AnswerNotFinite, Reason.AnswerNotFiniteUnasked, Reason.SpanDiverged,
        Reason.CommitDiverged, Reason.EvaluationFolded, Reason.CheckpointFailed, Reason.CheckpointsExhausted, Reason.StopAccepted,
        Reason.LayerFailedOnce, Reason.LayerFailedLate, Reason.LayerFailed, Reason.StepComputedAgain,
        Reason.PauseAccepted, Reason.PauseRepeated, Reason.ResumeAccepted, Reason.ResumeUnasked, Reason.CheckpointAccepted,
        Reason.CheckpointRepeated,
    ];

    [Fact]
    public void EverySeedEndsInTheWeightsOfTheUndisturbedRun()
    {
        var results = new List<SimulationResult>();
        var reasons = new long[Enum.GetValues<Reason>().Length];
        foreach (var seed in Simulation.Seeds(Environment.GetEnvironmentVariable(Simulation.SeedVariable), SeedsCount))
        {
            results.Add(Simulation.Run(SwarmOptions.Draw(seed), reasons: reasons));
        }

        // The same after a change means that the change decided nothing otherwise.
        output.WriteLine($"{results.Count} seeds, {results.Aggregate(0ul, (hash, r) => (hash * 31) + r.JournalHash):x16}");
        if (results.Count == SeedsCount)
        {
            // The swarm must reach what it is there for: nearly all runs complete, many after a restart, a few diverge as they must.
            results.Count(r => r.Outcome == RunOutcome.Completed).ShouldBeGreaterThan(SeedsCount * 9 / 10);
            results.Count(r => r.Outcome == RunOutcome.Diverged).ShouldBeInRange(20, SeedsCount / 10);
            results.Count(r => r.Sessions > 1).ShouldBeGreaterThan(SeedsCount / 6);
            results.Sum(r => r.Network.Lost).ShouldBeGreaterThan(SeedsCount);
            results.Sum(r => r.Network.SentAgain).ShouldBeGreaterThan(SeedsCount);
            results.Sum(r => r.Network.Doubled).ShouldBeGreaterThan(SeedsCount);
            results.Sum(r => r.Strays.Answers).ShouldBeGreaterThan(SeedsCount / 10);
            foreach (var reason in Reached)
            {
                reasons[(int)reason].ShouldBeGreaterThan(0, $"the swarm never reached {reason}");
            }
        }
    }

    [Fact]
    public void ASeedIsTheSameEveryTime()
    {
        for (var seed = 10_000ul; seed < 10_020; seed++)
        {
            Simulation.Run(seed).ShouldBe(Simulation.Run(seed));
        }
    }
}
