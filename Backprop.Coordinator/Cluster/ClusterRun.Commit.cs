using Backprop.Coordinator.Core;
using Backprop.Coordinator.Embedded;
using Backprop.Shared.Gradients;
using Backprop.Shared.Optimizers;

namespace Backprop.Coordinator.Cluster;

/// <summary>The update of a step: the taken gradients are folded up the tree, averaged, and become the new weights.</summary>
internal sealed partial class ClusterRun
{
    /// <summary>Below so many elements a sweep is over before a sleeping thread has woken.</summary>
    private const int AloneBelow = 1 << 18;

    private const int NoStep = -1;

    private readonly CommitSweep _sweep;
    private readonly CommitTeam _team;
    private readonly List<SpanGradient> _taken;
    private readonly Memory<float>[] _leaves;
    private readonly ShardSpan[] _spans;
    private readonly int[] _folds;
    private readonly double[] _losses;
    private readonly ArrivalFold _arrivals;
    private readonly bool[] _finite;
    private StepReport _report;
    private Memory<float> _sums;
    private OptimizerStep _update;
    private double _norm;
    private bool _updating;
    private int _samples;
    private long _stepBegun;

    private void BeginStep(in Effect effect)
    {
        _samples = effect.Count;
        Array.Clear(_given);
        _arrivals.Begin(_samples);
        ReturnTaken();
        ForgetTheGone();
        Volatile.Write(ref _currentStep, effect.Step);
        if (_stepBegun == 0 || _evaluated)
        {
            // The time of a step runs from the end of the one before, but for evaluations in between.
            _stepBegun = Time.GetTimestamp();
            _evaluated = false;
        }
    }

    private void Commit()
    {
        var computed = Time.GetTimestamp();
        var step = _state.Step;
        _taken.Sort(static (a, b) => a.Span.First.CompareTo(b.Span.First));
        for (var i = 0; i < _taken.Count; i++)
        {
            (_leaves[i], _spans[i], _losses[i]) = (_taken[i].Vector.Memory, _taken[i].Span, _taken[i].Loss);
        }

        ReductionTree.Program(_spans.AsSpan(0, _taken.Count), new ShardSpan(0, _setup.Rules.Shards), _folds);
        var loss = ReductionTree.Fold(_losses, _folds.AsSpan(0, _taken.Count));
        var factor = _setup.Schedule.FactorAt(step - 1, _setup.Rules.Steps);
        _update = new OptimizerStep(step - 1, _setup.Optimizer.Rate * factor);
        var alone = VectorLength < AloneBelow;
        if (_arrivals.TryFinish(_taken, out var sums))
        {
            _sums = sums;
        }
        else
        {
            _updating = false;
            _team.Run(alone);
            _sums = _leaves[0];
        }

        _norm = _sweep.Norm();
        var reduced = Time.GetTimestamp();
        var outcome = CommitOutcome.GradientNotFinite;
        if (double.IsFinite(_norm))
        {
            // Nobody's gradient of this step is wanted any more: one that comes late may be of weights that changed under its worker.
            Volatile.Write(ref _currentStep, NoStep);
            _updating = true;
            _finite.AsSpan().Fill(true);
            Volatile.Write(ref _isUpdating, true);
            WeightsLive.Change();
            _team.Run(alone);
            Volatile.Write(ref _isUpdating, false);
            outcome = Array.IndexOf(_finite, false) < 0 ? CommitOutcome.Committed : CommitOutcome.WeightsNotFinite;
        }

        var done = Time.GetTimestamp();
        _report = new StepReport(
            step,
            ((step - 1) / _setup.Rules.StepsPerEpoch) + 1,
            _samples,
            loss / _samples,
            _update.Rate,
            _norm,
            Milliseconds(_stepBegun, computed),
            Milliseconds(computed, reduced),
            Milliseconds(reduced, done),
            Milliseconds(_stepBegun, done));
        _stepBegun = done;
        Post(Input.CommitDone(step, outcome));
    }

    /// <summary>One thread's part of a sweep; the parts of all are the whole, and no bit depends on how many there are.</summary>
    private void Sweep(int part, int parts)
    {
        var count = _taken.Count;
        if (_updating)
        {
            _finite[part] = _sweep.Update(part, parts, _sums, _samples, _norm, _update);
        }
        else
        {
            _sweep.Reduce(part, parts, _leaves.AsSpan(0, count), _folds.AsSpan(0, count), [], _samples);
        }
    }

    /// <summary>Where the step's first value is that is not finite: the answered span's gradient, the fold's, or a weight.</summary>
    private string FirstNotFinite()
    {
        var layout = _weights.Layout;
        if (_claimed is { } claimed)
        {
            return FiniteCheck.FirstNonFinite(layout, claimed.Vector.Span) is { } own
                ? $"the gradient of {own.FullName}"
                : $"the loss of shards {claimed.Span}";
        }

        var spoilt = double.IsFinite(_norm) ? FiniteCheck.FirstNonFinite(layout, _weights.Weights.Span) : null;
        if (spoilt is not null)
        {
            return $"{spoilt.FullName} after its update";
        }

        return _taken.Count > 0 && FiniteCheck.FirstNonFinite(layout, _sums.Span) is { } sum
            ? $"the gradient of {sum.FullName}"
            : "the averaged gradient";
    }

    private double Milliseconds(long from, long to) => Time.GetElapsedTime(from, to).TotalMilliseconds;
}
