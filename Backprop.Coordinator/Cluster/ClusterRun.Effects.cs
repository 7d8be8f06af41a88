using System.Globalization;
using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Shared.Gradients;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Worker.Training;

namespace Backprop.Coordinator.Cluster;

/// <summary>The core's orders, performed in list order.</summary>
internal sealed partial class ClusterRun
{
    private readonly EvaluationFold? _evaluation;
    private readonly List<BlockSums> _blockSums = [];
    private readonly Lock _blockGate = new();
    private readonly bool[] _given;
    private SpanGradient? _claimed;
    private bool _evaluated;
    private int _checkpointStep;
    private long _shardsAgain;

    /// <summary>How many numbers the results of so many evaluation blocks are.</summary>
    internal int SumsOf(int blocks) =>
        blocks > 0 && blocks <= _setup.Rules.EvaluationBlocks ? blocks * (1 + _setup.Metrics.Count) : 0;

    private void Perform(in Effect effect)
    {
        switch (effect.Kind)
        {
            case EffectKind.Welcome:
                Publish(effect.Worker, effect.Step);
                break;
            case EffectKind.Refuse:
                SendAway(effect.Worker, FrameKind.Refusal, ExitCode.TooFewWorkers, "there is no place for another worker");
                break;
            case EffectKind.Dismiss:
                var dismissed = InfoOf(effect.Worker);
                _log.Dismissed(dismissed.Id, dismissed.Name);
                Remember(effect.Worker);
                SendAway(
                    effect.Worker,
                    FrameKind.Dismissed,
                    ExitCode.Dismissed,
                    $"{effect.Attempt} of its gradients were not finite where others' were; look at this machine's memory");
                break;
            case EffectKind.BeginStep:
                BeginStep(effect);
                break;
            case EffectKind.AssignSpan:
                NoteGiven(effect);
                _board.Does(effect.Worker, WorkerState.Computing);
                Order(FrameKind.AssignSpan, effect);
                break;
            case EffectKind.AssignBlocks:
                _board.Does(effect.Worker, WorkerState.Computing);
                Order(FrameKind.AssignBlocks, effect);
                break;
            case EffectKind.CancelSpan:
            case EffectKind.CancelBlocks:
                Order(FrameKind.Cancel, effect);
                break;
            case EffectKind.TakeSpan:
                _commit.Taken.Add(_claimed!);
                _claimed = null;
                NoteTaken(effect);
                break;
            case EffectKind.Commit:
                Commit();
                break;
            case EffectKind.PublishWeights:
                PublishToAll(effect.Step);
                break;
            case EffectKind.AppendLedger:
                Append();
                break;
            case EffectKind.BeginEvaluation:
                BeginEvaluation();
                break;
            case EffectKind.TakeBlocks:
                TakeBlocks(effect);
                break;
            case EffectKind.FoldEvaluation:
                Post(Input.EvaluationFolded(effect.Step, _observer.Evaluated(effect.Step, _evaluation!.Means())));
                break;
            case EffectKind.WriteCheckpoint:
                _checkpointStep = effect.Step;
                _observer.Checkpoint(_report, effect.Flag, _checkpointDone);
                break;
            case EffectKind.NameWorker:
                var named = InfoOf(effect.Worker);
                _log.NotFinite(named.Id, named.Name, new Counted(effect.Attempt, "time"));
                break;
            case EffectKind.Diverge:
                Interlocked.CompareExchange(
                    ref _failure,
                    new UserException(
                        ExitCode.Diverged,
                        $"The run diverged at step {effect.Step}: {_commit.FirstNotFinite(_claimed)} is not finite; "
                        + "lower the learning rate, clip the gradient, or look at the data."),
                    null);
                break;
            case EffectKind.ReportWaiting:
                _workerLog.Waiting(effect.First, effect.Count);
                break;
            case EffectKind.ReportEnough:
                _workerLog.Enough(effect.First);
                break;
            case EffectKind.ReportIdle:
                _log.Idle(Counted.Workers(effect.Count), Counted.Shards(_setup.Rules.Shards));
                break;
            case EffectKind.Finish:
                Finish(effect.Outcome);
                break;
        }
    }

    private void Finish(RunOutcome outcome)
    {
        Outcome = outcome;
        if (outcome == RunOutcome.TooFewWorkers)
        {
            _failure ??= new UserException(
                ExitCode.TooFewWorkers,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Only {_state.Members.Count} of at least {new Quantity(_setup.Rules.WorkersMinimum, "worker")} were there for "
                    + $"{_setup.Rules.WorkersTimeout.TotalSeconds:0.###} s; start more and resume with --resume."));
        }

        End();
    }

    private void Order(FrameKind kind, in Effect effect)
    {
        if (_links.TryGetValue(effect.Worker, out var link))
        {
            link.Order(kind, effect);
            NotePending(link);
        }
    }

    private void Publish(int worker, int step)
    {
        if (_links.TryGetValue(worker, out var link))
        {
            link.Publish(step);
            NotePending(link);
        }
    }

    private void PublishToAll(int step)
    {
        for (var i = 0; i < _state.Members.Count; i++)
        {
            if (_state.Members[i].Welcomed)
            {
                Publish(_state.Members[i].Id, step);
            }
        }
    }

    private void NotePending(WorkerLink link)
    {
        if (!_pending.Contains(link))
        {
            _pending.Add(link);
        }
    }

    /// <summary>A dismissed worker that did not hear of it is told when it comes back.</summary>
    private void Remember(int worker)
    {
        if (_links.TryGetValue(worker, out var link))
        {
            _dismissed[link.Hello.Instance] = true;
        }
    }

    private void SendAway(int worker, FrameKind kind, ExitCode code, string reason)
    {
        if (_links.TryGetValue(worker, out var link))
        {
            if (link.Finish(kind, new Refusal { ExitCode = (int)code, Reason = reason }, TimeSpan.Zero))
            {
                link.CloseAfter(GoodbyeLimit, reason);
            }
            else
            {
                link.Close(reason);
            }
        }
    }

    /// <summary>Counts and names shards that are given a second time within their step.</summary>
    private void NoteGiven(in Effect effect)
    {
        var again = 0;
        for (var shard = effect.First; shard < effect.First + effect.Count; shard++)
        {
            again += _given[shard] && _state.Shards.IsMissing(shard) ? 1 : 0;
            _given[shard] = true;
        }

        if (again > 0)
        {
            _shardsAgain += again;
            _board.ComputedAgain(again);
            var late = WhoIsLate(effect);
            _workerLog.Reassigned(
                effect.Step, effect.First, effect.Count, InfoOf(effect.Worker), late?.Info, late?.Doing() ?? default);
        }
    }

    private void NoteTaken(in Effect effect)
    {
        _board.Answered(effect.Worker, effect.Count);
        var index = _state.Members.IndexOf(effect.Worker);
        if (index >= 0 && _state.Members[index].Outstanding == 0)
        {
            _board.Does(effect.Worker, WorkerState.Idle);
            _board.Speed(effect.Worker, _state.Members[index].Speed);
        }
    }

    private void TakeBlocks(in Effect effect)
    {
        var (worker, step, first, count) = (effect.Worker, effect.Step, effect.First, effect.Count);
        lock (_blockGate)
        {
            var taken = _blockSums.Find(s => s.Worker == worker && s.Step == step && s.First == first && s.Count == count)
                ?? throw new InvalidOperationException($"The results of evaluation blocks {first} to {first + count - 1} are not there.");
            taken.Values.CopyTo(_evaluation!.Sums(first, count));
            _blockSums.Remove(taken);
        }
    }

    /// <summary>What came for earlier evaluations, and was not taken, is not needed any more.</summary>
    private void BeginEvaluation()
    {
        _evaluated = true;
        lock (_blockGate)
        {
            _blockSums.Clear();
        }
    }

    private void Append()
    {
        try
        {
            _observer.Committed(_report, _state.CommittedAnswers);
        }
        catch (UserException problem)
        {
            StopForStorage(problem);
        }
    }

    /// <summary>Told by the thread that wrote it, which must not begin the next one itself.</summary>
    private void CheckpointDone(bool durable) =>
        PostOnly(durable ? Input.CheckpointDurable(_checkpointStep) : Input.CheckpointFailed(_checkpointStep));

    private WorkerInfo InfoOf(int worker) =>
        _links.TryGetValue(worker, out var link) ? link.Info

        // It has gone, and that is still to be said.
        : _departures.TryGetValue(worker, out var departure) ? departure.Worker.Info
        : new WorkerInfo(worker, $"w{worker}", "", 1);

    private sealed record BlockSums(int Worker, int Step, int First, int Count, double[] Values);
}
