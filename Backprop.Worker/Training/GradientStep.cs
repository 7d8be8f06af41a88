using Backprop.Shared.Actors;
using Backprop.Shared.Data;
using Backprop.Shared.Gradients;
using Backprop.Shared.Losses;
using Backprop.Shared.Models;
using Backprop.Shared.Tensors;

namespace Backprop.Worker.Training;

/// <summary>
/// The forward and backward passes of a step over the slots of one process. Small layers are computed by each slot for its own rows; large
/// ones by all slots together for all rows, split by outputs, so that their weights are read once. The bits do not depend on which:
/// rows are independent, and sums over samples are folded by the same tree wherever they are computed.
/// </summary>
internal sealed class GradientStep
{
    /// <summary>
    /// From so many parameters on, slots share a layer's outputs: below it, their waiting for each other costs more than reading the
    /// weights once saves.
    /// </summary>
    public const long UsualSplitFrom = 1 << 17;

    private readonly CompiledModel _model;
    private readonly DataSet _data;
    private readonly LossSpec _loss;
    private readonly TeamBarrier _team;
    private readonly SpanGradients _gradients;
    private readonly PassProgress _shared;
    private readonly StepFailures _failures;
    private readonly bool[] _split;
    private readonly int _slots;
    private readonly ulong _seed;
    private readonly int[] _samples;
    private readonly int[] _labels;
    private readonly float[] _losses;
    private readonly double[] _shardLosses;
    private readonly double[] _spanLosses;
    private readonly int[] _nodeOfSlot;

    /// <param name="batch">The largest batch.</param>
    /// <param name="shards">Shards of a batch.</param>
    /// <param name="splitFrom">Layers with at least so many parameters are split by outputs.</param>
    public GradientStep(
        Model model,
        DataSet data,
        LossSpec loss,
        int batch,
        int shards,
        int slots,
        ulong seed,
        TeamBarrier team,
        TensorPool pool,
        long splitFrom)
    {
        (_data, _loss, _team, _slots, _seed) = (data, loss, team, slots, seed);
        _samples = new int[batch];
        _labels = new int[batch];
        _losses = new float[batch];
        _shardLosses = new double[shards];
        _spanLosses = new double[shards];
        _nodeOfSlot = new int[slots];
        _model = new CompiledModel(model, batch, slots, shards, pool, _samples);
        TargetValues = pool.Rent(batch * data.TargetWidth, zeroed: false);
        _split = [.. model.Nodes.Select(n => slots > 1 && n.Layer.CanSplitOutputs && SizeOf(n) >= splitFrom)];
        Complete = [.. model.Layout.Parameters.Select(p => _split[model.Nodes.Single(n => n.Layer.Name == p.Layer).Index])];
        _gradients = new SpanGradients(model.Layout, shards, slots, pool);
        _shared = new PassProgress(model, _split, team, slots);
        _failures = new StepFailures(_model, _samples, seed);
    }

    /// <summary>Which parameters' gradients are complete in the first leaf: those that the slots computed together.</summary>
    public bool[] Complete { get; }

    /// <summary>The gradient of each span, as flat vectors.</summary>
    public IReadOnlyList<FloatBuffer> Leaves => _gradients.Vectors;

    private FloatBuffer TargetValues { get; }

    /// <summary>Makes room for the gradients of so many spans.</summary>
    public void Reserve(int leaves) => _gradients.Reserve(leaves);

    /// <summary>Makes ready for a step whose gradient leaves as one vector.</summary>
    /// <param name="vector">Receives it.</param>
    public void ReserveForOne(StepPlan plan, FloatBuffer vector) => _gradients.ReserveForOne(plan.Spans.Length, vector);

    /// <summary>A flat vector for a gradient, of the step's pool.</summary>
    public FloatBuffer RentGradient() => _gradients.Rent();

    /// <summary>The first place, in forward order, whose output or gradient is not finite; asked when a step diverged.</summary>
    public string FirstNotFinite(StepPlan plan) => _failures.FirstNotFinite(plan, Leaves, Complete);

    /// <summary>The loss of a span, summed over its samples in float64, after <see cref="Compute"/>.</summary>
    public double LossOf(int leaf) => _spanLosses[leaf];

    /// <summary>The loss of the plan's root, summed over its samples; call it alone, once a step.</summary>
    public double Loss(StepPlan plan) => ReductionTree.Fold(_spanLosses, plan.LeafFolds);

    /// <summary>One slot's part of a step; every slot of the team calls it.</summary>
    /// <param name="plan">Who computes what.</param>
    /// <param name="batches">Which samples make which batch.</param>
    /// <param name="step">The 0-based step.</param>
    /// <param name="weights">The flat parameter vector.</param>
    /// <param name="progress">Brings the weights and takes the gradient of a worker in a process of its own; null in one process.</param>
    /// <returns>False, for all slots, where it was abandoned.</returns>
    public bool Compute(int slot, StepPlan plan, BatchPlan batches, long step, FlatVector weights, IStepProgress? progress = null)
    {
        try
        {
            _nodeOfSlot[slot] = StepFailures.Gathering;
            Gather(slot, plan, batches, step);
            if (!Forward(slot, plan, step, weights, progress))
            {
                return false;
            }

            _nodeOfSlot[slot] = _split.Length;
            Losses(slot, plan);
            return Backward(slot, plan, step, weights, progress) && (progress is null || Deliver(slot, plan, progress));
        }
        catch (Exception exception) when (exception is not (TeamBrokenException or OutOfMemoryException))
        {
            throw _failures.ToException(slot, _nodeOfSlot[slot], plan, step, weights, exception);
        }
    }

    private static long SizeOf(Node node) => node.Layer.Parameters.Sum(p => (long)p.Length);

    private void Gather(int slot, StepPlan plan, BatchPlan batches, long step)
    {
        var (epoch, inEpoch) = batches.Locate(step);
        foreach (var (row, rows) in plan.RowsOf(slot))
        {
            var ids = _samples.AsSpan(row, rows);
            batches.Fill(epoch, inEpoch, plan.FirstPlace + row, ids);
            Shared.Data.Gather.Features(_data, ids, _model.Input(row, rows));
            if (_loss.TakesLabels)
            {
                Shared.Data.Gather.Labels(_data, ids, _labels.AsSpan(row, rows));
            }
            else
            {
                Shared.Data.Gather.Targets(_data, ids, TargetValues.Values.Slice(row * _data.TargetWidth, rows * _data.TargetWidth));
            }
        }
    }

    private bool Forward(int slot, StepPlan plan, long step, FlatVector weights, IStepProgress? progress)
    {
        var apart = false;
        var needed = 0;
        foreach (var node in _model.Model.Nodes)
        {
            if (node.ForwardIsFused || node.Layer.IsView)
            {
                continue;
            }

            if (progress is null)
            {
                apart = Meet(node, apart);
            }
            else
            {
                needed = Math.Max(needed, _shared.EndOf(node.Index));
                apart = _split[node.Index];
                if (!_shared.GoesOn(slot, slot > 0 || progress.AwaitWeights(needed)))
                {
                    return false;
                }
            }

            _nodeOfSlot[slot] = node.Index;
            if (_split[node.Index])
            {
                node.Layer.Forward(_model.Pass(node, Together(slot, plan, step), weights));
                continue;
            }

            foreach (var (row, rows) in plan.RowsOf(slot))
            {
                node.Layer.Forward(_model.Pass(node, Own(slot, row, rows, step), weights));
            }
        }

        if (apart)
        {
            _team.Arrive();
        }

        return true;
    }

    private void Losses(int slot, StepPlan plan)
    {
        foreach (ref readonly var span in plan.SpansOf(slot))
        {
            var losses = _losses.AsSpan(span.Row, span.Rows);
            var (row, rows) = (span.Row, span.Rows);
            _loss.Compute(_model.Output(row, rows), TargetsOf(row, rows), losses, _model.OutputGradient(row, rows));
            var lengths = span.Shards.AllLengths;
            var sums = _shardLosses.AsSpan(span.Span.First, span.Shards.Count);
            for (var (shard, place) = (0, 0); shard < sums.Length; shard++)
            {
                var sum = 0.0;
                for (var end = place + lengths[shard]; place < end; place++)
                {
                    sum += losses[place];
                }

                sums[shard] = sum;
            }

            _spanLosses[span.Leaf] = ReductionTree.Fold(sums, span.Shards.AllFolds);
        }
    }

    private bool Backward(int slot, StepPlan plan, long step, FlatVector weights, IStepProgress? progress)
    {
        var apart = false;
        var ready = _model.Model.Layout.Length;
        var settled = ready;
        var nodes = _model.Model.Nodes;
        for (var i = nodes.Length - 1; i >= 0; i--)
        {
            var node = nodes[i];
            if (node.BackwardIsFused || node.Layer.IsView)
            {
                continue;
            }

            if (progress is null)
            {
                apart = Meet(node, apart);
            }
            else if (!_shared.GoesOn(slot, slot > 0 || progress.GradientReady(settled)))
            {
                return false;
            }

            // What was complete when the slots met just now is said when they meet next: it is asked before the meeting.
            settled = ready;

            _nodeOfSlot[slot] = node.Index;
            if (_split[i])
            {
                var pass = _model.Pass(node, Together(slot, plan, step), weights, _gradients[0], plan.Whole);
                node.Layer.BackwardParameters(pass);
                if (node.NeedsInputGradient)
                {
                    node.Layer.BackwardInput(pass);
                }

                ready = _shared.ReadyAfter(i, ready);
                continue;
            }

            foreach (ref readonly var span in plan.SpansOf(slot))
            {
                var range = Own(slot, span.Row, span.Rows, step);
                node.Layer.BackwardParameters(_model.Pass(node, range, weights, _gradients[span.Leaf], span.Shards));
            }

            if (progress is not null && _slots == 1 && _shared.StartOf(i) < ready)
            {
                ready = settled = _shared.StartOf(i);
                if (!progress.GradientReady(ready))
                {
                    return false;
                }
            }

            foreach (var (row, rows) in node.NeedsInputGradient ? plan.RowsOf(slot) : [])
            {
                node.Layer.BackwardInput(_model.Pass(node, Own(slot, row, rows, step), weights));
            }
        }

        return true;
    }

    /// <summary>After the backward pass: the slots' vectors become one, and all of it is final.</summary>
    private bool Deliver(int slot, StepPlan plan, IStepProgress progress)
    {
        if (_slots > 1)
        {
            _team.Arrive();
            _gradients.Fold(slot, plan, Complete);
            _team.Arrive();
        }

        return _shared.GoesOn(slot, slot > 0 || progress.GradientReady(0));
    }

    /// <summary>
    /// Between rows of one's own and outputs of all rows, and between two layers of the latter, the slots wait for each other.
    /// </summary>
    /// <returns>True where others now compute what the next layer reads.</returns>
    private bool Meet(Node node, bool apart)
    {
        var split = _split[node.Index];
        if (split || apart)
        {
            _team.Arrive();
        }

        return split;
    }

    private PassRange Own(int slot, int row, int rows, long step) =>
        new() { Slot = slot, Row = row, Rows = rows, Training = true, Seed = _seed, Step = step };

    private PassRange Together(int slot, StepPlan plan, long step) =>
        new() { Slot = slot, Rows = plan.Rows, Part = slot, Parts = _slots, Training = true, Seed = _seed, Step = step };

    private Targets TargetsOf(int row, int rows) => _loss.TakesLabels
        ? new Targets(_labels.AsSpan(row, rows), [])
        : new Targets([], TargetValues.Values.Slice(row * _data.TargetWidth, rows * _data.TargetWidth));
}
