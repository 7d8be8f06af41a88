using Backprop.Shared.Gradients;
using Backprop.Worker.Core;

namespace Backprop.Tests.Simulation;

/// <summary>What a worker computes, from the weights as they really lie there, and how the answer leaves.</summary>
internal sealed class SimulatedPass(SimulatedWorld world, SimulatedWorker worker, SimulatedWeights weights) : IWorkerEffects
{
    private Triple _result;
    private int _number;
    private (Assignment Work, Triple FirstRead, long Begun, long Lasts, bool Lies, bool Waits, bool IsAbandoned) _computing;

    public SimulatedWorker Worker => worker;

    private SwarmOptions Options => world.Options;

    /// <summary>Whatever is under way ends in nothing: the connection that it was for is over.</summary>
    public void Forget()
    {
        _number++;
        _computing.Waits = false;
    }

    /// <summary>The last partition has come that a pass may wait for.</summary>
    public void OnWeightsComplete()
    {
        if (_computing.Waits)
        {
            _computing.Waits = false;
            _computing.FirstRead = weights.Newest;
            PlanEnd(Math.Max(_computing.Lasts / 2, _computing.Begun + _computing.Lasts - world.Now));
        }
    }

    /// <summary>A computation has come to its end, if it is still the one under way.</summary>
    public void Finish(int number)
    {
        if (number != _number || !worker.IsAlive)
        {
            return;
        }

        _number++;
        if (world.Chaos.LayerThrows())
        {
            Fail();
            return;
        }

        _result = Result();
        worker.Tell(WorkerInput.ComputeDone(_computing.Work, _computing.Work.IsEvaluation || _result.IsFinite));
    }

    void IWorkerEffects.Compute(in Assignment assignment)
    {
        var work = assignment;
        var amount = work.IsEvaluation ? work.Count : Options.Rules.Batch * work.Count / Options.Rules.Shards;
        var lasts = worker.Slowness * Options.ComputePerSample * (1 + amount);
        lasts += Options.ComputeNoise > 0 ? lasts * world.Chaos.Percent(Options.ComputeNoise) / 100 : 0;
        var waits = !weights.IsComplete && world.Sabotage != Sabotage.WeightsTorn;
        var lies = !work.IsEvaluation && worker.IsLiar && world.Chaos.Lies(in work);
        _number++;
        _computing = (work, weights.Newest, world.Now, lasts, lies, waits, false);
        if (!waits)
        {
            PlanEnd(lasts);
        }
    }

    /// <summary>A layer threw: that is said of what somebody waits for, and of nothing else.</summary>
    private void Fail()
    {
        if (!_computing.IsAbandoned)
        {
            worker.Send(new Message(MessageKind.Failed) { Work = _computing.Work });
        }

        worker.Tell(WorkerInput.ComputeFailed(_computing.Work));
    }

    /// <summary>
    /// What the pass gives: the first layers' weights as they were when the forward pass read them, the last ones' as they lie there now,
    /// because the backward pass reads them again.
    /// </summary>
    private Triple Result()
    {
        var work = _computing.Work;
        var stale = world.Sabotage == (work.IsEvaluation ? Sabotage.EvaluationStale : Sabotage.StaleWeights);
        var read = stale ? weights.Former : _computing.FirstRead.With(Triple.Parts - 1, weights.Newest);
        return work.IsEvaluation
            ? read
            : _computing.Lies
            ? Triple.NotFinite
            : world.Model.SpanGradient(work.Step, new ShardSpan(work.First, work.Count), read, world.Sabotage);
    }

    /// <summary>The parts that leave from now on have the newer number.</summary>
    void IWorkerEffects.Renumber(in Assignment assignment) => _computing.Work = assignment;

    /// <summary>The pass ends at its next layer. A part of its gradient, of no use to anybody, may have left before.</summary>
    void IWorkerEffects.Abandon()
    {
        var work = _computing.Work;
        if (!work.IsEvaluation && !Options.Datagrams && world.Chaos.LeavesEarly())
        {
            SendPart(in work, Triple.Parts - 1, Triple.NotFinite);
        }

        (_computing.Waits, _computing.IsAbandoned) = (false, true);
        PlanEnd(_computing.Lasts / 6);
    }

    void IWorkerEffects.Answer(in Assignment assignment, bool finite)
    {
        var (work, result) = (assignment, _result);
        for (var times = world.Chaos.TimesAnswered(); times > 0; times--)
        {
            if (work.IsEvaluation)
            {
                worker.Send(new Message(MessageKind.BlocksDone) { Work = work, Vector = result });
                continue;
            }

            SendParts(result);
            worker.Connection?.Answered.Add((work.Step, new ShardSpan(work.First, work.Count)));
            var vector = Options.Datagrams ? result : default;
            var part = Options.Datagrams ? -1 : 0;
            worker.Send(new Message(MessageKind.SpanDone) { Work = work, Finite = finite, Vector = vector, Part = part });
        }
    }

    /// <summary>The last layers' first. They have the number that the pass was last told, as where they leave one by one.</summary>
    private void SendParts(Triple result)
    {
        var leftOut = Options.Datagrams ? -1 : world.Chaos.PartLeftOut();
        for (var part = Triple.Parts - 1; part >= 0 && !Options.Datagrams; part--)
        {
            if (part != leftOut)
            {
                SendPart(in _computing.Work, part, result);
            }
        }

        if (worker.Connection is { } connection)
        {
            connection.HasLeftOut |= leftOut >= 0;
        }
    }

    void IWorkerEffects.Withdraw(in Assignment assignment)
    {
        // Every answer is given to the system at once: the coordinator must know itself what it no longer needs.
    }

    void IWorkerEffects.WithdrawUpTo(int step)
    {
        // The step fence of the coordinator is tried by exactly such answers.
    }

    void IWorkerEffects.Leave()
    {
        worker.Send(new Message(MessageKind.Leave));
        worker.End();
    }

    void IWorkerEffects.End() => worker.End();

    private void PlanEnd(long lasts) => world.Agenda.PlanComputed(this, _number, lasts);

    private void SendPart(in Assignment work, int part, Triple vector) =>
        worker.Send(new Message(MessageKind.Gradient) { Work = work, Part = part, Vector = vector });
}
