using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;
using Backprop.Worker.Core;

namespace Backprop.Tests.Simulation;

/// <summary>What goes wrong in a simulated cluster: each fault by its name, and the dice that choose among them.</summary>
internal sealed partial class SimulatedWorld
{
    private const int WorkersPresentMaximum = 10;

    private long _coordinatorStoppedUntil;

    /// <summary>True between a crash or a stop of the coordinator and its next life.</summary>
    public bool IsDown { get; private set; }

    /// <summary>Messages over connections that were closed where they arrived, and how many of them answered work.</summary>
    public (long All, long Answers) Strays { get; private set; }

    public void CountStray(in Message message) => Strays = (Strays.All + 1, Strays.Answers + (message.IsAnswer ? 1 : 0));

    public bool CheckpointFails() => IsChaos && _random.Chance(Options.CheckpointFailureProbability);

    /// <summary>Faults are aimed where they hurt: while an update is being made or a checkpoint written.</summary>
    public void MaybeCrashWhileWriting()
    {
        if (IsChaos && _random.Chance(Options.CrashWhileWritingProbability))
        {
            CrashCoordinator(silently: false);
        }
    }

    /// <summary>What a worker says it can do; some say nothing.</summary>
    public double SpeedToldBy(SimulatedWorker worker) => _random.Chance(0.5) ? 0 : 1000.0 / worker.Slowness;

    /// <summary>True where a liar lies about a span; remembered, to judge what comes of it.</summary>
    public bool Lies(in Assignment work)
    {
        if (!(IsChaos || Options.LiarsPersist) || !_random.Chance(Options.LieProbability))
        {
            return false;
        }

        _lies[(work.Step, work.First, work.Count)] = _lies.GetValueOrDefault((work.Step, work.First, work.Count)) + 1;
        return true;
    }

    /// <summary>So many percent, from 0 to the most.</summary>
    public int Percent(int most) => _random.Between(0, most);

    /// <summary>True where a part of a gradient leaves before the rest of it is given up.</summary>
    public bool LeavesEarly() => _random.Chance(0.3);

    /// <summary>How often a worker sends an answer: once, but for a fault of its shell.</summary>
    public int TimesAnswered() =>
        (IsChaos && _random.Chance(Options.DoubleAnswerProbability)) || Sabotage == Sabotage.AnswerTakenTwice ? 2 : 1;

    /// <summary>True where a layer throws in a pass that has come to its end.</summary>
    public bool LayerThrows() => IsChaos && _random.Chance(Options.LayerFailureProbability);

    /// <summary>The partition that a faulty worker leaves out of an answer, or -1.</summary>
    public int PartLeftOut() => IsChaos && _random.Chance(Options.PartLossProbability) ? _random.Between(0, Triple.Parts - 1) : -1;

    /// <summary>A process has ended by its own wish or was sent away.</summary>
    public void OnLeft(SimulatedWorker worker) => _workers.Remove(worker);

    public void Join(bool isLiar, int slowness)
    {
        var worker = new SimulatedWorker(this, _instances++, isLiar, slowness);
        Note($"worker process {worker.Instance} starts{(isLiar ? ", a liar" : "")}, {slowness} times slower than the fastest");
        _workers.Add(worker);
        worker.Connect();
    }

    public void Kill(SimulatedWorker worker, bool silently = false)
    {
        Note($"worker process {worker.Instance} is killed{(silently ? " with its machine" : "")}");
        worker.Kill(silently);
        _workers.Remove(worker);
    }

    public void Stop(SimulatedWorker worker, long lasts)
    {
        Note($"worker process {worker.Instance} is stopped for {lasts} us");
        worker.StoppedUntil = Math.Max(worker.StoppedUntil, Now + lasts);
    }

    public void Drain(SimulatedWorker worker)
    {
        Note($"worker process {worker.Instance} is asked to leave");
        worker.Drain();
    }

    /// <summary>Cuts a worker off, in one direction or both, for a time.</summary>
    public void CutOff(SimulatedWorker worker, bool up, bool down, long lasts)
    {
        Note($"worker process {worker.Instance} is cut off{(up ? " upwards" : "")}{(down ? " downwards" : "")} for {lasts} us");
        worker.NoWayUpUntil = up ? Now + lasts : worker.NoWayUpUntil;
        worker.NoWayDownUntil = down ? Now + lasts : worker.NoWayDownUntil;
    }

    /// <summary>Of all that the coordinator sends to a worker only the heartbeats are lost.</summary>
    public void LoseBeats(SimulatedWorker worker, long lasts)
    {
        Note($"worker process {worker.Instance} gets no heartbeats for {lasts} us");
        worker.NoBeatsUntil = Now + lasts;
    }

    public void StopCoordinator(long lasts)
    {
        Note($"the coordinator is stopped for {lasts} us");
        _coordinatorStoppedUntil = Math.Max(_coordinatorStoppedUntil, Now + lasts);
    }

    /// <summary>
    /// The coordinator's process ends. What it was writing is there or not; its connections are gone; after a while it is started again.
    /// </summary>
    public void CrashCoordinator(bool silently)
    {
        Note($"the coordinator is killed{(silently ? " with its machine" : "")} after step {Coordinator.State.Completed}");
        GoDown(silently);
    }

    /// <summary>
    /// Answers to a coordinator that is gone were held up on their way, and arrive where they hurt: in another life that is at that step.
    /// </summary>
    public void ReleaseHeldUp(int step)
    {
        if (_heldUp.Count == 0)
        {
            return;
        }

        var due = Now + Network.Delay();
        foreach (var (connection, message) in _heldUp)
        {
            if (message.Work.Step == step)
            {
                PlanArrival(connection, isUp: true, in message, due);
            }
        }

        _heldUp.RemoveAll(h => h.Message.Work.Step <= step);
    }

    private void GoDown(bool silently)
    {
        IsDown = true;
        _session++;
        _coordinatorStoppedUntil = 0;
        Coordinator.Die(silently);
        if (Coordinator.Writing is { } writing && _random.Chance(0.5))
        {
            Storage.MakeDurable(writing.Step, writing.Weights);
        }

        _clock.Plan(new Happening { Kind = HappeningKind.Restart }, Now + (_random.Between(2, 30) * Network.Delay()));
    }

    private void Restart()
    {
        Note($"the coordinator is started again, at step {Storage.DurableStep}");
        IsDown = false;
        _lies.Clear();
        Storage.Resume();
        Coordinator = new SimulatedCoordinator(this, Options.Rules with { StopAt = 0 }, _session);
        PlanInput(Input.Started(), _session, Network.Delay());
        PlanCoordinatorBeat();
    }

    private void PlanJoin(bool isLiar, int slowness, long delay) =>
        _clock.Plan(new Happening { Kind = HappeningKind.Join, Flag = isLiar, Number = slowness }, Now + delay);

    private void CauseChaos()
    {
        if (!IsChaos)
        {
            return;
        }

        _clock.Plan(new Happening { Kind = HappeningKind.Chaos }, Now + Options.ChaosPeriod);
        if (_workers.Count < WorkersPresentMaximum && _random.Chance(Options.JoinProbability))
        {
            Join(isLiar: false, _random.Between(1, 4));
        }

        if (_workers.Count > 0)
        {
            var worker = _workers[_random.Between(0, _workers.Count - 1)];
            HarmProcess(worker);
            HarmLink(worker);
        }

        if (!IsDown)
        {
            HarmCoordinator();
        }
    }

    private void HarmProcess(SimulatedWorker worker)
    {
        if (_random.Chance(Options.DeathProbability))
        {
            Kill(worker, silently: _random.Chance(0.3));
            if (_random.Chance(0.7))
            {
                PlanJoin(worker.IsLiar, worker.Slowness, 20 * Network.Delay());
            }
        }
        else if (_random.Chance(Options.DrainProbability))
        {
            Drain(worker);
            PlanJoin(worker.IsLiar, worker.Slowness, 20 * Network.Delay());
        }
        else if (_random.Chance(Options.StallProbability))
        {
            Stop(worker, _random.Duration(Options.StallMinimum, Options.StallMinimum));
        }
    }

    private void HarmLink(SimulatedWorker worker)
    {
        if (_random.Chance(Options.BreakProbability))
        {
            Note($"the connection of worker process {worker.Instance} is cut");
            worker.Break();
        }

        if (_random.Chance(Options.PartitionProbability))
        {
            var up = _random.Chance(0.6);
            CutOff(worker, up, down: !up || _random.Chance(0.5), _random.Duration(Options.PartitionMinimum, Options.PartitionMinimum));
        }

        if (_random.Chance(Options.SlowLinkProbability))
        {
            worker.LinkSlowness = _random.Between(1, 20);
        }

        if (_random.Chance(Options.BeatLossProbability))
        {
            LoseBeats(worker, 2 * Options.Silence);
        }
    }

    private void HarmCoordinator()
    {
        if (_random.Chance(Options.StopProbability))
        {
            PlanInput(Input.StopRequested(), _session, Network.Delay());
        }

        if (_random.Chance(Options.CoordinatorStallProbability))
        {
            StopCoordinator(_random.Duration(Options.StallMinimum, Options.StallMinimum));
        }

        if (_random.Chance(Options.CrashProbability))
        {
            CrashCoordinator(silently: _random.Chance(0.2));
        }
    }

    /// <summary>
    /// No new faults, and enough workers that tell the truth. Who is dead stays dead; what was cut off or stopped goes on.
    /// </summary>
    private void Heal()
    {
        IsChaos = false;
        var honest = 0;
        foreach (var worker in _workers)
        {
            honest += worker.IsLiar ? 0 : 1;
        }

        for (; Options.Heals && honest < Options.Rules.WorkersMinimum; honest++)
        {
            Join(isLiar: false, slowness: 1);
        }
    }

    private void Note(string what) => Journal.Tell(Now, what);
}
