using Backprop.Coordinator.Core;
using Backprop.Coordinator.Training;
using Backprop.Shared.Actors;
using Backprop.Shared.Data;
using Backprop.Shared.Gradients;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Tensors;
using Backprop.Worker.Training;

namespace Backprop.Coordinator.Embedded;

/// <summary>
/// The arithmetic of a run in one process, which its slots share: passes over their spans, the reduction and the update. It knows what to
/// compute, not why. A step whose form has been seen before allocates nothing.
/// </summary>
internal sealed class EmbeddedStep : IDisposable
{
    private readonly RunSetup _setup;
    private readonly RunWeights _weights;
    private readonly TeamBarrier _team;
    private readonly TensorPool _pool = new();
    private readonly TimeProvider _time;
    private readonly GradientStep _step;
    private readonly EvaluationPass? _evaluation;
    private readonly CommitSweep _sweep;
    private readonly BatchPlan _batches;
    private readonly StepPlan?[] _plans = new StepPlan?[2];
    private readonly Action _takeNorm;
    private readonly bool[] _finite;
    private readonly int _slots;
    private Memory<float>[] _leaves = [];
    private StepPlan? _plan;
    private OptimizerStep _update;

    /// <param name="slots">How many compute threads there are.</param>
    /// <param name="team">Where they meet.</param>
    public EmbeddedStep(RunSetup setup, RunWeights weights, int slots, TeamBarrier team, TimeProvider time)
    {
        (_setup, _weights, _slots, _team, _time) = (setup, weights, slots, team, time);
        var rules = setup.Rules;
        _batches = new BatchPlan(setup.Seed, setup.Train.Count, rules.Batch);
        _step = new GradientStep(
            setup.Model,
            setup.Train,
            setup.Loss,
            Math.Min(rules.Batch, setup.Train.Count),
            rules.Shards,
            slots,
            setup.Seed,
            team,
            _pool,
            setup.SplitFrom);
        _evaluation = setup.Test is { } test && rules.EvaluationBlocks > 0
            ? new EvaluationPass(setup.Model, test, setup.Loss, setup.Metrics, slots, _pool)
            : null;
        _sweep = new CommitSweep(setup.Model.Layout, setup.Optimizer, setup.Clip, weights.Weights, weights.State, rules.Shards, slots);
        _finite = new bool[slots];
        _takeNorm = TakeNorm;
    }

    /// <summary>The norm of the averaged gradient, before clipping.</summary>
    public double Norm { get; private set; }

    /// <summary>When the gradients were folded, as a timestamp.</summary>
    public long Reduced { get; private set; }

    /// <summary>The step's loss, summed over its samples; after <see cref="BeginCommit"/>.</summary>
    public double Loss { get; private set; }

    /// <summary>Samples of the step's batch.</summary>
    public int Samples => _plan!.Samples;

    /// <summary>How the update that is being made, or was, is made.</summary>
    public OptimizerStep Update => _update;

    /// <summary>The mean loss, then each metric, once all blocks are evaluated.</summary>
    public double[] Means() => _evaluation!.Fold.Means();

    /// <summary>Finds the plan for what is assigned: the one of full batches, or of an epoch's last, or a new one.</summary>
    /// <param name="step">1-based.</param>
    /// <param name="assigned">Who computes which span; together they are the whole batch.</param>
    public void Prepare(int step, ReadOnlySpan<(int Slot, ShardSpan Span)> assigned)
    {
        var samples = _setup.Rules.SamplesOf(step);
        if (_plan is { } current && current.Serves(samples, assigned))
        {
            return;
        }

        // Full batches in one place, an epoch's last one in the other.
        ref var place = ref _plans[samples == _setup.Rules.Batch ? 0 : 1];
        if (place?.Serves(samples, assigned) != true)
        {
            place = new StepPlan(samples, _setup.Rules.Shards, _slots, assigned);
        }

        _plan = place;
        if (_leaves.Length < place.Spans.Length)
        {
            _step.Reserve(place.Spans.Length);
            _leaves = [.. _step.Leaves.Select(l => l.Memory)];
        }
    }

    /// <summary>A slot's passes over its spans.</summary>
    /// <param name="step">1-based.</param>
    public void Compute(int slot, int step) => _step.Compute(slot, _plan!, _batches, step - 1, _weights.Vector);

    /// <summary>An update is about to be made; called alone.</summary>
    public void BeginCommit(int step) => (Loss, _update) = (_step.Loss(_plan!), _setup.UpdateOf(step));

    /// <summary>A slot's part of the reduction, and of the update where the norm is finite.</summary>
    public void Commit(int slot)
    {
        _sweep.Reduce(slot, _slots, _leaves.AsSpan(0, _plan!.Spans.Length), _plan.LeafFolds, _step.Complete, _plan.Samples);
        _team.Arrive(_takeNorm);
        _finite[slot] = double.IsFinite(Norm) && _sweep.Update(slot, _slots, _leaves[0], _plan.Samples, Norm, _update);
    }

    /// <summary>How the update ended, once all slots have made their parts.</summary>
    public CommitOutcome CommitOutcome =>
        !double.IsFinite(Norm) ? CommitOutcome.GradientNotFinite
        : Array.IndexOf(_finite, false) >= 0 ? CommitOutcome.WeightsNotFinite
        : CommitOutcome.Committed;

    /// <summary>A slot's blocks of an evaluation.</summary>
    public void Evaluate(int slot, int first, int count) => _evaluation!.Compute(slot, first, count, _weights.Vector);

    /// <summary>A loss that is not finite shows the span; a gradient that is not, where the loss is, shows in the norm.</summary>
    public bool IsFinite(ShardSpan span)
    {
        foreach (var part in _plan!.Spans)
        {
            if (part.Span.First >= span.First && part.Span.End <= span.End && !double.IsFinite(_step.LossOf(part.Leaf)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The first output or gradient in the order of computation, or the weight that the update spoilt.</summary>
    public string FirstNotFinite()
    {
        var spoilt = double.IsFinite(Norm) ? FiniteCheck.FirstNonFinite(_weights.Layout, _weights.Weights.Span) : null;
        return spoilt is null ? _step.FirstNotFinite(_plan!) : $"{spoilt.FullName} after its update";
    }

    /// <inheritdoc/>
    public void Dispose() => _pool.Dispose();

    private void TakeNorm()
    {
        Norm = _sweep.Norm();
        Reduced = _time.GetTimestamp();
    }
}
