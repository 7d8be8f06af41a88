using Backprop.Coordinator.Cluster.Record;

namespace Backprop.Tests.Simulation.Record;

/// <summary>What one world of the record is like: every number drawn from the seed. Times are microseconds of virtual time.</summary>
internal sealed record RecordOptions
{
    public required ulong Seed { get; init; }

    public int Nodes { get; init; } = 3;

    public RecordRules Rules { get; init; } = new();

    public long DelayMinimum { get; init; } = 200;

    public long DelayMean { get; init; } = 500;

    public double LossProbability { get; init; }

    public double DuplicationProbability { get; init; }

    public double LateProbability { get; init; }

    public long LateMaximum { get; init; } = 1_000_000;

    public long FetchMinimum { get; init; } = 10_000;

    /// <summary>How far two nodes' clocks may be apart.</summary>
    public long ClocksApart { get; init; } = 3_600_000_000;

    /// <summary>A frozen node's clock goes on, as with SIGSTOP; otherwise it stands still, as where a machine is suspended.</summary>
    public bool ClockRunsWhileFrozen { get; init; }

    /// <summary>A node that starts looks for promises at once.</summary>
    public bool TriesAtOnce { get; init; }

    public long ChaosPeriod { get; init; } = 1_000_000;

    public long ChaosBegin { get; init; }

    /// <summary>Until when faults happen; 0: a quiet world, in which nobody orders anything by himself.</summary>
    public long ChaosEnd { get; init; }

    public double CrashProbability { get; init; }

    public long DownMinimum { get; init; } = 50_000;

    public double CrashAtSaveProbability { get; init; }

    /// <summary>Who begins to lead dies soon.</summary>
    public double DoomProbability { get; init; }

    public double CrashOfAllProbability { get; init; }

    public double FlapProbability { get; init; }

    public double FreezeProbability { get; init; }

    public double CutProbability { get; init; }

    public double FullDiskProbability { get; init; }

    public double GoneProbability { get; init; }

    public double ResignProbability { get; init; }

    /// <summary>Faults are aimed at who leads.</summary>
    public double AimProbability { get; init; }

    public long OrderEvery { get; init; } = 1_000_000;

    public double DurableProbability { get; init; }

    public bool ChangesVoters { get; init; }

    /// <summary>The last of the nodes is a witness.</summary>
    public bool HasWitness { get; init; }

    /// <summary>The world of a seed. Many faults have no probability in it, so that worlds differ in kind and not only in luck.</summary>
    public static RecordOptions Draw(ulong seed)
    {
        var random = new SimulationRandom(seed);
        double Fault(double isThere, double most) => random.Chance(isThere) ? most * random.Between(1, 100) / 100 : 0;

        var scale = random.Between(0, 2) switch { 0 => 200, 1 => 4_000, _ => 50_000 };
        // Every leader is hunted, and nodes learn one entry at a time: so it comes to logs that differ in every way.
        var hunts = random.Chance(0.15);
        var begin = random.Chance(0.5) ? 0 : 4_000_000L;
        var options = new RecordOptions
        {
            Seed = seed,
            Nodes = random.Between(0, 19) switch { 0 => 1, 1 or 2 => 2, < 11 => 3, < 14 => 4, _ => 5 },
            Rules = DrawRules(random, hunts),
            DelayMinimum = scale * random.Between(1, 100) / 100,
            DelayMean = scale * random.Between(1, 100) / 50,
            LossProbability = Fault(0.6, 0.2),
            DuplicationProbability = Fault(0.6, 0.2),
            LateProbability = Fault(0.6, 0.2),
            LateMaximum = random.Chance(0.7) ? random.Between(10_000, 1_000_000) : random.Between(1_000_000, 20_000_000),
            FetchMinimum = random.Chance(0.7) ? random.Between(1_000, 100_000) : random.Between(100_000, 3_000_000),
            ClockRunsWhileFrozen = random.Chance(0.5),
            TriesAtOnce = random.Chance(0.3),
            ChaosPeriod = random.Between(100_000, 2_000_000),
            ChaosBegin = begin,
            ChaosEnd = begin + (hunts ? 40_000_000
                : random.Chance(0.9) ? random.Between(5_000_000, 30_000_000)
                : random.Between(30_000_000, 150_000_000)),
            CrashProbability = Fault(0.7, 0.3),
            DownMinimum = hunts || random.Chance(0.5) ? random.Between(10_000, 200_000) : random.Between(200_000, 5_000_000),
            CrashAtSaveProbability = Fault(0.5, 0.1),
            DoomProbability = hunts ? 0.9 : Fault(0.3, 1),
            CrashOfAllProbability = Fault(0.2, 0.1),
            FlapProbability = Fault(0.2, 0.1),
            FreezeProbability = Fault(0.5, 0.2),
            CutProbability = Fault(0.7, 0.4),
            FullDiskProbability = Fault(0.3, 0.2),
            GoneProbability = Fault(0.3, 0.1),
            ResignProbability = Fault(0.3, 0.2),
            AimProbability = random.Chance(0.5) ? random.Between(0, 100) / 100.0 : 0,
            OrderEvery = random.Chance(0.8) ? random.Between(100_000, 2_000_000) : random.Between(20_000, 100_000),
            DurableProbability = random.Chance(0.7) ? 0.3 : 0,
            ChangesVoters = random.Chance(0.6),
        };

        // Nobody is gone for good there: a witness would count for what only that node had.
        return options.Nodes >= 3 && random.Chance(0.25) ? options with { HasWitness = true, GoneProbability = 0 } : options;
    }

    /// <summary>Half of the worlds have the real times; in the others more happens in less time.</summary>
    private static RecordRules DrawRules(SimulationRandom random, bool hunts)
    {
        var shorter = hunts ? 4 : random.Chance(0.5) ? 1 : random.Between(2, 4);
        var rules = new RecordRules();
        return rules with
        {
            HeartbeatEvery = rules.HeartbeatEvery / shorter,
            Patience = rules.Patience / shorter,
            Spread = rules.Spread / shorter,
            EntriesMaximum = hunts ? 1 : random.Chance(0.5) ? rules.EntriesMaximum : random.Between(1, 4),
        };
    }
}
