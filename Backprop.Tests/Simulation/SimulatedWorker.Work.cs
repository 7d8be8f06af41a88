using Backprop.Shared.Gradients;
using Backprop.Worker.Core;

namespace Backprop.Tests.Simulation;

/// <summary>What a worker computes, from the weights as they really lie there, and how the answer leaves.</summary>
internal sealed partial class SimulatedWorker : IWorkerEffects
{
    /// <summary>A computation has come to its end, if it is still the one under way.</summary>
    public void Finish(int computation)
    {
        if (computation != _computation || !IsAlive)
        {
            return;
        }

        _computation++;
        if (world.LayerThrows())
        {
            Fail();
            return;
        }

        _result = Result();
        Tell(WorkerInput.ComputeDone(_computing.Work, _computing.Work.IsEvaluation || _result.IsFinite));
    }

    void IWorkerEffects.Compute(in Assignment assignment)
    {
        var work = assignment;
        var amount = work.IsEvaluation ? work.Count : Options.Rules.Batch * work.Count / Options.Rules.Shards;
        var lasts = Slowness * Options.ComputePerSample * (1 + amount);
        lasts += Options.ComputeNoise > 0 ? lasts * world.Percent(Options.ComputeNoise) / 100 : 0;
        var waits = _arrived < Parts && world.Sabotage != Sabotage.WeightsTorn;
        var lies = !work.IsEvaluation && isLiar && world.Lies(in work);
        _computation++;
        _computing = (work, Weights, world.Now, lasts, lies, waits, false);
        if (!waits)
        {
            world.PlanComputed(this, _computation, lasts);
        }
    }

    /// <summary>A layer threw: that is said of what somebody waits for, and of nothing else.</summary>
    private void Fail()
    {
        if (!_computing.IsAbandoned)
        {
            Send(new Message(MessageKind.Failed) { Work = _computing.Work });
        }

        Tell(WorkerInput.ComputeFailed(_computing.Work));
    }

    /// <summary>
    /// What the pass gives: the first layers' weights as they were when the forward pass read them, the last ones' as they lie there now,
    /// because the backward pass reads them again.
    /// </summary>
    private Triple Result()
    {
        var work = _computing.Work;
        var stale = world.Sabotage == (work.IsEvaluation ? Sabotage.EvaluationStale : Sabotage.StaleWeights);
        var weights = stale ? _weightsBefore : _computing.FirstRead.With(Triple.Parts - 1, Weights);
        return work.IsEvaluation
            ? weights
            : _computing.Lies
            ? Triple.NotFinite
            : world.Model.SpanGradient(work.Step, new ShardSpan(work.First, work.Count), weights, world.Sabotage);
    }

    /// <summary>The parts that leave from now on have the newer number.</summary>
    void IWorkerEffects.Renumber(in Assignment assignment) => _computing.Work = assignment;

    /// <summary>The pass ends at its next layer. A part of its gradient, of no use to anybody, may have left before.</summary>
    void IWorkerEffects.Abandon()
    {
        var work = _computing.Work;
        if (!work.IsEvaluation && !Options.Datagrams && world.LeavesEarly())
        {
            SendPart(in work, Triple.Parts - 1, Triple.NotFinite);
        }

        (_computing.Waits, _computing.IsAbandoned) = (false, true);
        world.PlanComputed(this, _computation, _computing.Lasts / 6);
    }

    void IWorkerEffects.Answer(in Assignment assignment, bool finite)
    {
        var (work, result) = (assignment, _result);
        for (var times = world.TimesAnswered(); times > 0; times--)
        {
            if (work.IsEvaluation)
            {
                Send(new Message(MessageKind.BlocksDone) { Work = work, Vector = result });
                continue;
            }

            var leftOut = Options.Datagrams ? -1 : world.PartLeftOut();
            for (var part = Triple.Parts - 1; part >= 0 && !Options.Datagrams; part--)
            {
                if (part != leftOut)
                {
                    SendPart(in work, part, result);
                }
            }

            _connection?.Answered.Add((work.Step, new ShardSpan(work.First, work.Count)));
            var vector = Options.Datagrams ? result : default;
            Send(new Message(MessageKind.SpanDone) { Work = work, Finite = finite, Vector = vector, Part = Options.Datagrams ? -1 : 0 });
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
        if (_connection is { } connection)
        {
            world.Network.SendUp(connection, new Message(MessageKind.Leave));
        }

        EndProcess();
    }

    void IWorkerEffects.End() => EndProcess();

    private void EndProcess()
    {
        if (_connection is { } connection)
        {
            world.Network.CloseAtWorker(connection);
        }

        IsAlive = false;
        world.OnLeft(this);
    }

    private void SendPart(in Assignment work, int part, Triple vector) =>
        Send(new Message(MessageKind.Gradient) { Work = work, Part = part, Vector = vector });

    private void Send(in Message message)
    {
        if (_connection is { } connection)
        {
            world.Network.SendUp(connection, in message);
        }
    }
}
