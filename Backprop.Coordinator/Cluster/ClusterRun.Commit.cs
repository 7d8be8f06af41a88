using Backprop.Coordinator.Core;
using Backprop.Coordinator.Embedded;
using Backprop.Coordinator.Training;
using Backprop.Shared.Optimizers;

namespace Backprop.Coordinator.Cluster;

/// <summary>The beginning and the end of a step, and the time between.</summary>
internal sealed partial class ClusterRun
{
    private const int NoStep = -1;

    private readonly StepCommit _commit;
    private readonly StepClock _stepClock;
    private StepReport _report;

    /// <summary>By the running clock, in ticks; 0: no step was begun yet.</summary>
    private long _waitedFrom;

    private void BeginStep(in Effect effect)
    {
        Array.Clear(_given);
        _commit.Begin(effect.Count);
        ReturnTaken();
        ForgetTheGone();
        Volatile.Write(ref _currentStep, effect.Step);
        Volatile.Write(ref _waitedFrom, Math.Max(1, _state.Now.Ticks));
        _stepClock.Begin(anew: _evaluated);
        _evaluated = false;
    }

    private void Commit()
    {
        var computed = Time.GetTimestamp();
        var step = _state.Step;
        _commit.Fold();
        var reduced = Time.GetTimestamp();
        var factor = _setup.Schedule.FactorAt(step - 1, _setup.Rules.Steps);
        var update = new OptimizerStep(step - 1, _setup.Optimizer.Rate * factor);
        var outcome = double.IsFinite(_commit.Norm) ? Update(update) : CommitOutcome.GradientNotFinite;
        var done = Time.GetTimestamp();
        _report = new StepReport(
            step,
            ((step - 1) / _setup.Rules.StepsPerEpoch) + 1,
            _commit.Samples,
            _commit.Loss / _commit.Samples,
            update.Rate,
            _commit.Norm,
            _stepClock.Milliseconds(computed),
            Milliseconds(computed, reduced),
            Milliseconds(reduced, done),
            _stepClock.Milliseconds(done));
        _stepClock.End(done);
        Post(Input.CommitDone(step, outcome));
    }

    private CommitOutcome Update(OptimizerStep update)
    {
        // Nobody's gradient of this step is wanted any more: one that comes late may be of weights that changed under its worker.
        Volatile.Write(ref _currentStep, NoStep);
        Volatile.Write(ref _isUpdating, true);
        WeightsLive.Change();
        var finite = _commit.Update(update);
        Volatile.Write(ref _isUpdating, false);
        return finite ? CommitOutcome.Committed : CommitOutcome.WeightsNotFinite;
    }

    private double Milliseconds(long from, long to) => Time.GetElapsedTime(from, to).TotalMilliseconds;
}
