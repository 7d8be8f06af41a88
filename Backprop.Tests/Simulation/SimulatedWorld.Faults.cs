using Backprop.Coordinator.Core;

namespace Backprop.Tests.Simulation;

/// <summary>What goes wrong in a simulated cluster, and what must be true when it ends.</summary>
internal sealed partial class SimulatedWorld
{
    /// <summary>A silence that the coordinator takes for a death.</summary>
    private const long SilenceMaximum = 5_000;

    private const int WorkersPresentMaximum = 10;

    /// <summary>True between a crash or a stop of the coordinator and its next life.</summary>
    public bool IsDown { get; private set; }

    /// <summary>Who is there, for a report.</summary>
    public string DescribeWorkers() => string.Join(", ", _present.Select(w => $"{w.Id}{(w.IsLiar ? " (liar)" : "")}"));

    public bool CheckpointFails() => _chaos && _random.Chance(Options.CheckpointFailureProbability);

    /// <summary>Faults are aimed where they hurt: while an update is being made or a checkpoint written.</summary>
    public void MaybeCrashWhileWriting()
    {
        if (_chaos && _random.Chance(Options.CrashWhileWritingProbability))
        {
            GoDown();
        }
    }

    /// <summary>Ends a worker's session. It may come back as a new one.</summary>
    public void Disconnect(int worker, bool rejoins)
    {
        if (!_workers.TryGetValue(worker, out var session) || !_present.Remove(session))
        {
            return;
        }

        if (rejoins)
        {
            PlanJoin(session.IsLiar, session.Slowness, 5 * Delay());
        }
    }

    /// <summary>A run may diverge where the mathematics does, or where the same span came out not finite twice because of lies.</summary>
    public void CheckDivergence(in Effect effect)
    {
        var lies = _lies.GetValueOrDefault((effect.Step, effect.First, effect.Count));
        if (effect.Step != _reference.DivergesAt && (effect.Count == 0 || lies < 2))
        {
            throw new SimulationFailure($"step {effect.Step} diverged at [{effect.First}+{effect.Count}], of which there were {lies} lies");
        }
    }

    /// <summary>Only a worker that lied is named.</summary>
    public void CheckNamed(in Effect effect)
    {
        if (!_workers[effect.Worker].IsLiar)
        {
            throw new SimulationFailure($"worker {effect.Worker} was named in step {effect.Step} and never lied");
        }
    }

    /// <summary>Looks at the end of a run, and lets one that was only stopped go on.</summary>
    public void OnFinished()
    {
        var state = Coordinator.State;
        var checkpoint = Storage.DurableStep == state.Completed ? "" : $" with its newest checkpoint at {Storage.DurableStep}";
        switch (Coordinator.Outcome)
        {
            case RunOutcome.Completed:
                Require(_reference.DivergesAt == 0, "a run completed that has no finite result");
                Storage.CheckComplete();
                CheckWeights(state.Completed);
                _over = true;
                break;
            case RunOutcome.Diverged:
                var isSafe = checkpoint.Length == 0 || state.CheckpointFailures > 0;
                Require(isSafe, $"the run diverged after step {state.Completed}{checkpoint}");
                CheckWeights(state.Completed);
                _over = true;
                break;
            case RunOutcome.Stopped:
                Require(checkpoint.Length == 0, $"the run stopped after step {state.Completed}{checkpoint}");
                GoDown();
                break;
            case RunOutcome.TooFewWorkers:
                Require(Options.Rules.WorkersTimeout >= TimeSpan.Zero, "the run gave up waiting for workers, for which it has no limit");
                GoDown();
                break;
            case RunOutcome.StorageFailed:
                Require(state.CheckpointFailures > 0, "storage failed without a failure");
                GoDown();
                break;
            case RunOutcome.None:
            case RunOutcome.Failed:
                throw new SimulationFailure($"the run ended as {Coordinator.Outcome}");
        }
    }

    private void CheckWeights(int completed) => Require(
        Coordinator.Weights.HasBitsOf(_reference.WeightsAfter(completed)),
        $"the run ended in {Coordinator.Weights} after step {completed}, not in {_reference.WeightsAfter(completed)}");

    private static void Require(bool holds, string violation)
    {
        if (!holds)
        {
            throw new SimulationFailure(violation);
        }
    }

    private void PlanJoin(bool isLiar, int slowness, long delay) =>
        _clock.Plan(new Happening { Kind = HappeningKind.Join, Flag = isLiar, Worker = slowness }, Now + delay);

    private void Join(bool isLiar, int slowness, long delay)
    {
        if (IsDown)
        {
            PlanJoin(isLiar, slowness, 5 * Delay());
            return;
        }

        var worker = new SimulatedWorker(_ids++, _session, isLiar, slowness);
        _workers.Add(worker.Id, worker);
        _present.Add(worker);
        worker.JoinDue = Now + delay;
        PlanInput(Input.WorkerJoined(worker.Id, _random.Chance(0.5) ? 0 : 1000.0 / slowness), _session, delay);
    }

    /// <summary>Lets the coordinator hear that a worker is gone; never before it heard that the worker is there.</summary>
    private void PlanLoss(SimulatedWorker worker, long delay) =>
        PlanInput(Input.WorkerLost(worker.Id), _session, Math.Max(delay, worker.JoinDue - Now));

    /// <summary>
    /// The coordinator's process ends. What it was writing is there or not; what was on its way to it is lost, but for late answers.
    /// </summary>
    private void GoDown()
    {
        IsDown = true;
        _session++;
        if (Coordinator.Writing is { } writing && _random.Chance(0.5))
        {
            Storage.MakeDurable(writing.Step, writing.Weights);
        }

        _clock.Plan(new Happening { Kind = HappeningKind.Restart }, Now + (20 * Delay()));
    }

    private void Restart()
    {
        IsDown = false;
        _lies.Clear();
        Storage.Resume();
        Coordinator = new SimulatedCoordinator(this, Options.Rules with { StopAt = 0 }, _session);
        for (var i = _present.Count - 1; i >= 0; i--)
        {
            PlanJoin(_present[i].IsLiar, _present[i].Slowness, Delay());
        }

        _present.Clear();
        PlanInput(Input.Started(), _session, Delay());
    }

    private void CauseChaos()
    {
        if (!_chaos)
        {
            return;
        }

        _clock.Plan(new Happening { Kind = HappeningKind.Chaos }, Now + Options.ChaosPeriod);
        if (_present.Count < WorkersPresentMaximum && _random.Chance(Options.JoinProbability))
        {
            PlanJoin(isLiar: false, _random.Between(1, 4), Delay());
        }

        if (IsDown)
        {
            return;
        }

        if (_present.Count > 0)
        {
            HarmWorker(_present[_random.Between(0, _present.Count - 1)]);
        }

        if (_random.Chance(Options.StopProbability))
        {
            PlanInput(Input.StopRequested(), _session, Delay());
        }

        if (_random.Chance(Options.CrashProbability))
        {
            GoDown();
        }
    }

    private void HarmWorker(SimulatedWorker worker)
    {
        if (_random.Chance(Options.DeathProbability))
        {
            worker.IsAlive = false;
            PlanLoss(worker, 4 * Delay());
            _present.Remove(worker);
            if (_random.Chance(0.7))
            {
                PlanJoin(worker.IsLiar, worker.Slowness, 20 * Delay());
            }
        }
        else if (_random.Chance(Options.StallProbability))
        {
            var lasts = _random.Duration(Options.StallMinimum, Options.StallMinimum);
            worker.StalledUntil = Now + lasts;
            if (lasts > SilenceMaximum)
            {
                PlanLoss(worker, SilenceMaximum);
                _present.Remove(worker);
                PlanJoin(worker.IsLiar, worker.Slowness, lasts + Delay());
            }
        }
        else if (_random.Chance(Options.FalseLossProbability))
        {
            PlanLoss(worker, Delay());
            Disconnect(worker.Id, rejoins: true);
        }
    }

    /// <summary>No new faults, and enough workers that tell the truth. Who is dead stays dead.</summary>
    private void Heal()
    {
        _chaos = false;
        var honest = 0;
        foreach (var worker in _present)
        {
            honest += worker.IsLiar ? 0 : 1;
        }

        for (; Options.Heals && honest < Options.Rules.WorkersMinimum; honest++)
        {
            PlanJoin(isLiar: false, slowness: 1, Delay());
        }
    }
}
