namespace Backprop.Tests.Simulation.Record;

/// <summary>When a process dies that is about to save.</summary>
internal enum CrashTime
{
    None,
    Before,
    After,
}

/// <summary>The dice that choose among faults, with the chances that a world's options give them.</summary>
internal sealed class RecordChaos(RecordWorld world)
{
    private const long FlapPeriod = 2_000_000;
    private const long FreezeMinimum = 2_000_000;
    private const long FreezeMaximum = 120_000_000;

    /// <summary>True while faults are drawn.</summary>
    public bool IsActive { get; set; }

    private RecordOptions Options => world.Options;

    private SimulationRandom Random => world.Random;

    /// <summary>Draws what goes wrong now, and comes again.</summary>
    public void Cause()
    {
        if (!IsActive)
        {
            return;
        }

        world.Plan(Options.ChaosPeriod, Cause);
        if (Random.Chance(Options.CrashOfAllProbability))
        {
            world.Counts.CrashesOfAll++;
            foreach (var node in world.Nodes)
            {
                world.Crash(node, "with all others");
            }
        }

        HarmProcess(Choose());
        HarmMachine(Choose());
        if (Random.Chance(Options.CutProbability))
        {
            RecordCuts.Draw(world, Choose());
        }
    }

    /// <summary>Whether the process dies that is about to save.</summary>
    /// <param name="begins">It will lead then: where it dies first, it alone has the opening of its term.</param>
    public CrashTime CrashAtSave(bool begins) => !IsActive ? CrashTime.None
        : begins && Random.Chance(Options.DoomProbability / 2) ? CrashTime.After
        : !Random.Chance(Options.CrashAtSaveProbability) ? CrashTime.None
        : Random.Chance(0.5) ? CrashTime.Before
        : CrashTime.After;

    /// <summary>Faults are aimed where they hurt: while a new leader has told some what it has, and others not.</summary>
    public void OnLeads(RecordNode node)
    {
        if (IsActive && Random.Chance(Options.DoomProbability))
        {
            var life = node.Life;
            world.Plan(Random.Between(0, (int)(6 * (Options.DelayMinimum + Options.DelayMean))), () =>
            {
                if (IsActive && node.Life == life)
                {
                    world.Crash(node, "soon after it began to lead");
                }
            });
        }
    }

    /// <summary>Who has crashed comes back.</summary>
    public void OnCrashed(RecordNode node)
    {
        if (IsActive)
        {
            world.Plan(Random.Duration(Options.DownMinimum, Options.DownMinimum), () => world.Start(node));
        }
    }

    private RecordNode Choose()
    {
        if (Random.Chance(Options.AimProbability))
        {
            foreach (var node in world.Nodes)
            {
                if (node.IsAwake && node.State.Leads)
                {
                    return node;
                }
            }
        }

        return world.Nodes[Random.Below(world.Nodes.Count)];
    }

    private void HarmProcess(RecordNode node)
    {
        if (Random.Chance(Options.CrashProbability))
        {
            world.Crash(node, "by chance");
        }
        else if (Random.Chance(Options.FlapProbability))
        {
            Flap(node, Random.Between(2, 8));
        }
        else if (Random.Chance(Options.FreezeProbability) && node.IsAwake)
        {
            var lasts = Math.Min(Random.Duration(FreezeMinimum, FreezeMinimum), FreezeMaximum);
            world.Freeze(node, lasts);
        }
        else if (Random.Chance(Options.ResignProbability) && node.IsAwake && node.State.Leads)
        {
            world.Counts.Resigned++;
            world.Note($"{node.Id} resigns");
            node.Resign();
        }
    }

    private void HarmMachine(RecordNode node)
    {
        if (Random.Chance(Options.FullDiskProbability))
        {
            node.Disk.IsFull = true;
            world.Note($"the disk of {node.Id} is full");
            world.Plan(Random.Duration(500_000, 2_000_000), () => node.Disk.IsFull = false);
        }
        else if (Random.Chance(Options.GoneProbability) && !node.IsGone && world.Voters.MayGo(node))
        {
            world.Counts.Gone++;
            world.Crash(node, "for good");
            node.IsGone = true;
        }
    }

    private void Flap(RecordNode node, int times)
    {
        if (IsActive && times > 0)
        {
            world.Crash(node, "once more");
            world.Plan(FlapPeriod, () => Flap(node, times - 1));
        }
    }
}
