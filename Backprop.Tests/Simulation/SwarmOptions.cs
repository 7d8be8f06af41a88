using Backprop.Coordinator.Core;
using Backprop.Shared.Protocol;

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

    /// <summary>Messages travel each for itself: lost, doubled, overtaken. Otherwise over connections, in order.</summary>
    public bool Datagrams { get; init; }

    /// <summary>With connections: workers read the weights where the coordinator changes them.</summary>
    public bool Shares { get; init; }

    public double LossProbability { get; init; }

    /// <summary>With connections: what is lost ends them. Otherwise it comes again after <see cref="Retransmission"/>.</summary>
    public bool LossBreaks { get; init; }

    public long Retransmission { get; init; } = 1_000;

    public double DuplicationProbability { get; init; }

    public double ReorderProbability { get; init; }

    /// <summary>How long a partition takes to leave over the fastest link.</summary>
    public long PartTime { get; init; } = 5;

    /// <summary>After so long without a word the other side is taken for gone.</summary>
    public long Silence { get; init; } = 3_000_000;

    public long BeatPeriod { get; init; } = 500_000;

    public Liveness Liveness => new(TimeSpan.FromMicroseconds(BeatPeriod), TimeSpan.FromMicroseconds(Silence));

    /// <summary>With datagrams: after so long without an answer a worker is taken for gone.</summary>
    public long AnswerDeadline { get; init; } = 3_000_000;

    /// <summary>How long after the chaos the run may take.</summary>
    public long Patience { get; init; } = 600_000_000;

    public long ComputePerSample { get; init; } = 20;

    /// <summary>By how many percent at most a computation takes longer than usual, by chance.</summary>
    public int ComputeNoise { get; init; }

    /// <summary>How much slower than the fastest each first worker is; empty: drawn.</summary>
    public int[] Slownesses { get; init; } = [];

    public long ChaosPeriod { get; init; } = 1_000;

    /// <summary>Until when faults happen; 0: a quiet run.</summary>
    public long ChaosEnd { get; init; }

    /// <summary>After the chaos enough workers come that tell the truth.</summary>
    public bool Heals { get; init; } = true;

    public double DeathProbability { get; init; }

    public double DrainProbability { get; init; }

    public double StallProbability { get; init; }

    public long StallMinimum { get; init; } = 1_000;

    public double JoinProbability { get; init; }

    /// <summary>A connection ends, and both sides live.</summary>
    public double BreakProbability { get; init; }

    public double PartitionProbability { get; init; }

    public long PartitionMinimum { get; init; } = 1_000;

    public double SlowLinkProbability { get; init; }

    public double BeatLossProbability { get; init; }

    public double CrashProbability { get; init; }

    public double CoordinatorStallProbability { get; init; }

    public double CrashWhileWritingProbability { get; init; }

    public double StopProbability { get; init; }

    /// <summary>Somebody wants the run to pause; somebody always wants it to go on again.</summary>
    public double PauseProbability { get; init; }

    public long PauseMinimum { get; init; } = 1_000;

    public double CheckpointRequestProbability { get; init; }

    public double DoubleAnswerProbability { get; init; }

    /// <summary>A worker leaves a partition out of its answer and says that all are sent.</summary>
    public double PartLossProbability { get; init; }

    public double CheckpointFailureProbability { get; init; }

    /// <summary>A layer throws at the end of a pass.</summary>
    public double LayerFailureProbability { get; init; }

    public static SwarmOptions Draw(ulong seed)
    {
        var random = new SimulationRandom(seed);
        var workers = random.Between(1, 9);
        var stormy = !random.Chance(0.1);
        var datagrams = random.Chance(0.25);

        // A rack, a building, the world; and limits as they are in reality (at 100), or as much shorter as everything else.
        var scale = random.Between(0, 9) switch { < 5 => 1, < 8 => 10, _ => 100 };
        var limits = random.Chance(0.3) ? 100 : scale;
        double Fault(double probability, double maximum) =>
            stormy && random.Chance(probability) ? maximum * random.Between(1, 100) / 100 : 0;
        return new SwarmOptions
        {
            Seed = seed,
            Rules = DrawRules(random, workers, scale, limits),
            Workers = workers,
            Liars = random.Chance(0.15) ? random.Between(1, 2) : 0,
            LieProbability = random.Chance(0.5) ? 1 : 0.2,
            LiarsPersist = random.Chance(0.5),
            PoisonedStep = random.Chance(0.05) ? random.Between(1, 20) : 0,
            PoisonIsOverflow = random.Chance(0.5),
            DelayMinimum = scale * random.Between(5, 200),
            DelayMean = scale * random.Between(5, 400),
            Datagrams = datagrams,
            Shares = !datagrams && random.Chance(0.3),
            LossProbability = Fault(0.6, datagrams ? 0.2 : 0.03),
            LossBreaks = random.Chance(0.3),
            Retransmission = scale * random.Between(200, 3_000),
            DuplicationProbability = Fault(0.6, 0.2),
            ReorderProbability = Fault(0.6, 0.2),
            PartTime = random.Chance(0.5) ? scale * random.Between(0, 20) : random.Between(0, 5),
            Silence = limits * 30_000,
            BeatPeriod = limits * 5_000,
            AnswerDeadline = scale * 100_000,
            Patience = limits * 6_000_000,
            ComputePerSample = scale * random.Between(1, 60),
            ChaosPeriod = scale * random.Between(300, 3_000),
            ChaosEnd = stormy ? scale * random.Between(5_000, 60_000) : 0,
            DeathProbability = Fault(0.6, 0.2),
            DrainProbability = Fault(0.4, 0.1),
            StallProbability = Fault(0.6, 0.3),
            StallMinimum = random.Chance(0.5) ? scale * random.Between(500, 10_000) : limits * random.Between(10_000, 100_000),
            JoinProbability = Fault(0.6, 0.3),
            BreakProbability = Fault(0.5, datagrams ? 0.5 : 0.1),
            PartitionProbability = Fault(0.5, 0.2),
            PartitionMinimum =
                random.Chance(0.5) ? scale * random.Between(500, 10_000) : limits * random.Between(10_000, 60_000),
            SlowLinkProbability = Fault(0.4, 0.2),
            BeatLossProbability = Fault(0.2, 0.1),
            CrashProbability = Fault(0.3, 0.03),
            CoordinatorStallProbability = Fault(0.2, 0.03),
            CrashWhileWritingProbability = Fault(0.3, 0.05),
            StopProbability = Fault(0.3, 0.05),
            DoubleAnswerProbability = Fault(0.5, 0.3),
            PartLossProbability = Fault(0.3, 0.1),
            CheckpointFailureProbability = Fault(0.4, 0.5),
            LayerFailureProbability = Fault(0.2, 0.05),
            PauseProbability = Fault(0.3, 0.1),
            PauseMinimum = random.Chance(0.5) ? scale * random.Between(100, 10_000) : limits * random.Between(10_000, 60_000),
            CheckpointRequestProbability = Fault(0.3, 0.1),
        };
    }

    private static Rules DrawRules(SimulationRandom random, int workers, int scale, int limits)
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
            WorkersTimeout = random.Chance(0.2)
                ? TimeSpan.FromMicroseconds(limits * random.Between(20_000, 400_000))
                : Timeout.InfiniteTimeSpan,
            EvaluateEverySteps = random.Chance(0.3) ? random.Between(1, 6) : 0,
            EvaluateEveryEpochs = random.Chance(0.3) ? 1 : 0,
            EvaluateAtEnd = random.Chance(0.5),
            EvaluationBlocks = random.Between(0, 20),
            CheckpointEverySteps = random.Between(0, 6),
            CheckpointRetryDelay = TimeSpan.FromMicroseconds(scale * random.Between(0, 5_000)),
            StopAt = random.Chance(0.15) ? random.Between(1, 20) : 0,
            RetryLayers = true,
            Speculate = random.Chance(0.7),
            LateMinimum = TimeSpan.FromMicroseconds(scale * random.Between(0, 3_000)),
            SpeedSmoothing = random.Chance(0.5) ? 0.25 : 0,
            CheckpointEveryEpochs = random.Chance(0.2) ? 1 : 0,
            CheckpointEvery = random.Chance(0.4) ? TimeSpan.FromMicroseconds(scale * random.Between(1, 20_000)) : TimeSpan.Zero,
        };
    }
}
