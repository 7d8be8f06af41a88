using System.Diagnostics;
using Backprop.Coordinator.Core;
using Backprop.Coordinator.Training;
using Backprop.Shared.Gradients;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Primitives;
using Backprop.Worker.Core;

namespace Backprop.Coordinator.Embedded;

/// <summary>The core's orders, performed in list order.</summary>
internal sealed partial class EmbeddedRun
{
    private readonly (int Slot, ShardSpan Span)[] _assignments;
    private readonly int[] _attempts;
    private readonly Assignment[] _blocks;
    private int _assigned;
    private bool _repeat;
    private bool _evaluated;
    private int _computedStep;
    private double _loss;
    private int _checkpointStep;
    private StepReport _report;

    private void Perform(in Effect effect)
    {
        switch (effect.Kind)
        {
            case EffectKind.BeginStep:
                _assigned = 0;
                if (_stepBegun == 0 || _evaluated)
                {
                    _stepBegun = _time.GetTimestamp();
                    _evaluated = false;
                }

                break;
            case EffectKind.AssignSpan:
                Assign(effect);
                break;
            case EffectKind.Commit:
                BeginCommit();
                break;
            case EffectKind.AppendLedger:
                Append();
                break;
            case EffectKind.BeginEvaluation:
                _evaluated = true;
                break;
            case EffectKind.AssignBlocks:
                _blocks[effect.Worker] = Assignment.Blocks(effect.Step, effect.First, effect.Count, effect.Attempt);
                _workers[effect.Worker].Tell(WorkerInput.Assigned(_blocks[effect.Worker], effect.Generation));
                _work = SlotPhase.Evaluate;
                break;
            case EffectKind.CancelSpan:
            case EffectKind.CancelBlocks:
                _workers[effect.Worker].Tell(
                    WorkerInput.Cancelled(Assignment.Blocks(effect.Step, effect.First, effect.Count, effect.Attempt), effect.Generation));
                break;
            case EffectKind.Welcome:
                _workers[effect.Worker].Tell(WorkerInput.Welcomed(effect.Step, effect.Generation));
                break;
            case EffectKind.PublishWeights:
                foreach (var worker in _workers)
                {
                    worker.Tell(WorkerInput.WeightsPublished(effect.Step));
                }

                break;
            case EffectKind.FoldEvaluation:
                Post(Input.EvaluationFolded(effect.Step, _observer.Evaluated(effect.Step, _evaluation!.Fold.Means())));
                break;
            case EffectKind.WriteCheckpoint:
                _checkpointStep = effect.Step;
                _observer.Checkpoint(_report, effect.Flag, _checkpointDone);
                break;
            case EffectKind.Diverge:
                _failure = new UserException(
                    ExitCode.Diverged,
                    $"The run diverged at step {effect.Step}: {FirstNotFinite()} is not finite; "
                    + "lower the learning rate, clip the gradient, or look at the data.");
                break;
            case EffectKind.ReportIdle when effect.Count > 0:
                _observer.Said(
                    $"{effect.Count} of {new Quantity(_slots, "worker")} idle: there are only "
                    + $"{new Quantity(_setup.Rules.Shards, "shard")}; more shards (a new run) would use them.");
                break;
            case EffectKind.NameWorker:
                _observer.Said($"Worker {effect.Worker} gave a gradient that is not finite where another's was: {effect.Attempt} times.");
                break;
            case EffectKind.Finish:
                Outcome = effect.Outcome;
                _work = SlotPhase.Finished;
                break;
            case EffectKind.TakeSpan:
                _board?.Answered(effect.Worker, effect.Count);
                break;
            case EffectKind.TakeBlocks:
            case EffectKind.ReportIdle:
            case EffectKind.ReportWaiting:
            case EffectKind.ReportEnough:
                // In one process results are shared: nothing has to be taken, and nobody is waited for.
                break;
            case EffectKind.Refuse:
            case EffectKind.Dismiss:
                throw new UnreachableException($"{effect.Kind} inside one process.");
        }
    }

    private void Assign(in Effect effect)
    {
        if (_work != SlotPhase.Compute)
        {
            // The first of a list of assignments; the step is computed again if it has been computed before.
            _assigned = 0;
            _repeat = _plan is not null && _computedStep == effect.Step;
            _computedStep = effect.Step;
            _work = SlotPhase.Compute;
        }

        _workers[effect.Worker].Tell(
            WorkerInput.Assigned(Assignment.Shards(effect.Step, effect.Span, effect.Attempt), effect.Generation));
        _attempts[_assigned] = effect.Attempt;
        _assignments[_assigned++] = (effect.Worker, effect.Span);
    }

    private void BeginCommit()
    {
        var step = _state.Step - 1;
        var factor = _setup.Schedule.FactorAt(step, _setup.Rules.Steps);
        _update = new OptimizerStep(step, _setup.Optimizer.Rate * factor);
        _loss = _step.Loss(_plan!);
        _work = SlotPhase.Commit;
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

    /// <summary>The first output or gradient in the order of computation, or the weight that the update spoilt.</summary>
    private string FirstNotFinite()
    {
        var spoilt = double.IsFinite(_norm) ? FiniteCheck.FirstNonFinite(_weights.Layout, _weights.Weights.Span) : null;
        return spoilt is null ? _step.FirstNotFinite(_plan!) : $"{spoilt.FullName} after its update";
    }
}
