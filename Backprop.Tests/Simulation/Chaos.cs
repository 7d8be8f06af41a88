using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;

namespace Backprop.Tests.Simulation;

/// <summary>The dice that choose among faults, with the chances that a world's options give them.</summary>
internal sealed class Chaos(SimulatedWorld world, SimulationRandom random)
{
    private const int WorkersPresentMaximum = 10;

    /// <summary>True while faults are drawn.</summary>
    public bool IsActive { get; private set; } = world.Options.ChaosEnd > 0;

    private SwarmOptions Options => world.Options;

    /// <summary>From now on nothing goes wrong any more, but what liars do.</summary>
    public void End() => IsActive = false;

    /// <summary>Draws what goes wrong now, and comes again.</summary>
    public void Cause()
    {
        if (!IsActive)
        {
            return;
        }

        world.Agenda.Plan(HappeningKind.Chaos, world.Now + Options.ChaosPeriod);
        if (world.Workers.Count < WorkersPresentMaximum && random.Chance(Options.JoinProbability))
        {
            world.Join(isLiar: false, random.Between(1, 4));
        }

        if (world.Workers.Count > 0)
        {
            var worker = world.Workers[random.Between(0, world.Workers.Count - 1)];
            HarmProcess(worker);
            HarmLink(worker);
        }

        if (!world.IsDown)
        {
            HarmCoordinator();
        }

        if (!world.IsDown)
        {
            AskOfTheRun();
        }
    }

    public bool CheckpointFails() => IsActive && random.Chance(Options.CheckpointFailureProbability);

    /// <summary>Faults are aimed where they hurt: while an update is being made or a checkpoint written.</summary>
    public void MaybeCrashWhileWriting()
    {
        if (IsActive && random.Chance(Options.CrashWhileWritingProbability))
        {
            world.CrashCoordinator(silently: false);
        }
    }

    /// <summary>What a worker says it can do; some say nothing.</summary>
    public double SpeedToldBy(SimulatedWorker worker) => random.Chance(0.5) ? 0 : 1000.0 / worker.Slowness;

    /// <summary>True where a liar lies about a span; remembered, to judge what comes of it.</summary>
    public bool Lies(in Assignment work)
    {
        if (!(IsActive || Options.LiarsPersist) || !random.Chance(Options.LieProbability))
        {
            return false;
        }

        world.Verdict.NoteLie(in work);
        return true;
    }

    /// <summary>So many percent, from 0 to the most.</summary>
    public int Percent(int most) => random.Between(0, most);

    /// <summary>True where a part of a gradient leaves before the rest of it is given up.</summary>
    public bool LeavesEarly() => random.Chance(0.3);

    /// <summary>How often a worker sends an answer: once, but for a fault of its shell.</summary>
    public int TimesAnswered() =>
        (IsActive && random.Chance(Options.DoubleAnswerProbability)) || world.Sabotage == Sabotage.AnswerTakenTwice ? 2 : 1;

    /// <summary>True where a layer throws in a pass that has come to its end.</summary>
    public bool LayerThrows() => IsActive && random.Chance(Options.LayerFailureProbability);

    /// <summary>The partition that a faulty worker leaves out of an answer, or -1.</summary>
    public int PartLeftOut() => IsActive && random.Chance(Options.PartLossProbability) ? random.Between(0, Triple.Parts - 1) : -1;

    private void HarmProcess(SimulatedWorker worker)
    {
        if (random.Chance(Options.DeathProbability))
        {
            world.Kill(worker, silently: random.Chance(0.3));
            if (random.Chance(0.7))
            {
                world.Agenda.PlanJoin(worker.IsLiar, worker.Slowness, 20 * world.Network.Delay());
            }
        }
        else if (random.Chance(Options.DrainProbability))
        {
            world.Drain(worker);
            world.Agenda.PlanJoin(worker.IsLiar, worker.Slowness, 20 * world.Network.Delay());
        }
        else if (random.Chance(Options.StallProbability))
        {
            world.Stop(worker, random.Duration(Options.StallMinimum, Options.StallMinimum));
        }
    }

    private void HarmLink(SimulatedWorker worker)
    {
        if (random.Chance(Options.BreakProbability))
        {
            world.Note($"the connection of worker process {worker.Instance} is cut");
            worker.Break();
        }

        if (random.Chance(Options.PartitionProbability))
        {
            var up = random.Chance(0.6);
            world.CutOff(worker, up, down: !up || random.Chance(0.5), random.Duration(Options.PartitionMinimum, Options.PartitionMinimum));
        }

        if (random.Chance(Options.SlowLinkProbability))
        {
            worker.LinkSlowness = random.Between(1, 20);
        }

        if (random.Chance(Options.BeatLossProbability))
        {
            world.LoseBeats(worker, 2 * Options.Silence);
        }
    }

    /// <summary>What people ask of a run; whoever lets it pause lets it go on later, and is not always the first to do so.</summary>
    private void AskOfTheRun()
    {
        if (random.Chance(Options.StopProbability))
        {
            world.Agenda.PlanInput(Input.StopRequested(), world.Session, world.Network.Delay());
        }

        if (random.Chance(Options.CheckpointRequestProbability))
        {
            world.Agenda.PlanInput(Input.CheckpointRequested(), world.Session, world.Network.Delay());
        }

        if (random.Chance(Options.PauseProbability))
        {
            var delay = world.Network.Delay();
            world.Agenda.PlanInput(Input.PauseRequested(), world.Session, delay);
            world.Agenda.PlanInput(
                Input.ResumeRequested(), world.Session, delay + random.Duration(Options.PauseMinimum, Options.PauseMinimum));
        }
    }

    private void HarmCoordinator()
    {
        if (random.Chance(Options.CoordinatorStallProbability))
        {
            world.StopCoordinator(random.Duration(Options.StallMinimum, Options.StallMinimum));
        }

        if (random.Chance(Options.CrashProbability))
        {
            world.CrashCoordinator(silently: random.Chance(0.2));
        }
    }
}
