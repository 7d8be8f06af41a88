using Backprop.Coordinator.Core;

namespace Backprop.Tests.Simulation;

/// <summary>
/// What one simulated run is like: every number drawn from the seed, so that many short runs visit combinations that nobody would write
/// down. Times are microseconds of virtual time.
/// </summary>
internal sealed record SwarmOptions
{
    public required ulong Seed { get; init; }

    public required Rules Rules { get; init; }

    public int Workers { get; init; } = 1;

    public int Liars { get; init; }

    public double LieProbability { get; init; }

    /// <summary>The liars go on after the chaos.</summary>
    public bool LiarsPersist { get; init; }

    /// <summary>The step in which the mathematics itself has no finite result; 0: none.</summary>
    public int PoisonedStep { get; init; }

    /// <summary>Of a poisoned step: two huge gradients that are finite each, instead of a NaN.</summary>
    public bool PoisonIsOverflow { get; init; }

    public long DelayMinimum { get; init; } = 50;

    public long DelayMean { get; init; } = 50;

    public long ComputePerSample { get; init; } = 20;

    public long ChaosPeriod { get; init; } = 1_000;

    /// <summary>Until when faults happen; 0: a quiet run.</summary>
    public long ChaosEnd { get; init; }

    /// <summary>After the chaos enough workers come that tell the truth.</summary>
    public bool Heals { get; init; } = true;

    public double DeathProbability { get; init; }

    public double StallProbability { get; init; }

    public long StallMinimum { get; init; } = 1_000;

    public double JoinProbability { get; init; }

    public double FalseLossProbability { get; init; }

    public double CrashProbability { get; init; }

    public double CrashWhileWritingProbability { get; init; }

    public double StopProbability { get; init; }

    public double DoubleAnswerProbability { get; init; }

    public double LateAnswerProbability { get; init; }

    public double CheckpointFailureProbability { get; init; }

    public static SwarmOptions Draw(ulong seed)
    {
        var random = new SimulationRandom(seed);
        var workers = random.Between(1, 9);
        var stormy = !random.Chance(0.1);
        double Fault(double probability, double maximum) =>
            stormy && random.Chance(probability) ? maximum * random.Between(1, 100) / 100 : 0;
        return new SwarmOptions
        {
            Seed = seed,
            Rules = DrawRules(random, workers),
            Workers = workers,
            Liars = random.Chance(0.15) ? random.Between(1, 2) : 0,
            LieProbability = random.Chance(0.5) ? 1 : 0.2,
            LiarsPersist = random.Chance(0.5),
            PoisonedStep = random.Chance(0.05) ? random.Between(1, 20) : 0,
            PoisonIsOverflow = random.Chance(0.5),
            DelayMinimum = random.Between(5, 200),
            DelayMean = random.Between(5, 400),
            ComputePerSample = random.Between(1, 60),
            ChaosPeriod = random.Between(300, 3_000),
            ChaosEnd = stormy ? random.Between(5_000, 60_000) : 0,
            DeathProbability = Fault(0.6, 0.2),
            StallProbability = Fault(0.6, 0.3),
            StallMinimum = random.Between(500, 10_000),
            JoinProbability = Fault(0.6, 0.3),
            FalseLossProbability = Fault(0.4, 0.1),
            CrashProbability = Fault(0.3, 0.03),
            CrashWhileWritingProbability = Fault(0.3, 0.05),
            StopProbability = Fault(0.3, 0.05),
            DoubleAnswerProbability = Fault(0.5, 0.3),
            LateAnswerProbability = Fault(0.5, 0.1),
            CheckpointFailureProbability = Fault(0.4, 0.5),
        };
    }

    private static Rules DrawRules(SimulationRandom random, int workers)
    {
        var samples = random.Between(1, 60);
        return new Rules
        {
            Steps = random.Between(1, 25),
            Samples = samples,
            Batch = random.Between(1, Math.Min(samples, 24)),
            Shards = 1 << random.Between(0, 4),
            WorkersMinimum = random.Between(1, Math.Min(3, workers)),
            WorkersMaximum = random.Between(workers, 12),
            WorkersTimeout = random.Chance(0.2) ? TimeSpan.FromMilliseconds(random.Between(5, 50)) : Timeout.InfiniteTimeSpan,
            EvaluateEverySteps = random.Chance(0.3) ? random.Between(1, 6) : 0,
            EvaluateEveryEpochs = random.Chance(0.3) ? 1 : 0,
            EvaluateAtEnd = random.Chance(0.5),
            EvaluationBlocks = random.Between(0, 20),
            CheckpointEverySteps = random.Between(0, 6),
            CheckpointRetryDelay = TimeSpan.FromMicroseconds(random.Between(0, 5_000)),
            StopAt = random.Chance(0.15) ? random.Between(1, 20) : 0,
            Speculate = random.Chance(0.7),
            LateMinimum = TimeSpan.FromMicroseconds(random.Between(0, 3_000)),
            SpeedSmoothing = random.Chance(0.5) ? 0.25 : 0,
        };
    }
}
