using Backprop.Shared.Actors;
using Backprop.Shared.Data;
using Backprop.Shared.Gradients;
using Backprop.Shared.Layers;
using Backprop.Shared.Losses;
using Backprop.Shared.Models;
using Backprop.Shared.Tensors;

namespace Backprop.Worker.Training;

/// <summary>
/// The forward and backward passes of a step over the slots of one process. Small layers are computed by each slot for its own rows; large
/// ones by all slots together for all rows, split by outputs, so that their weights are read once. The bits do not depend on which:
/// rows are independent, and sums over samples are folded by the same tree wherever they are computed.
/// </summary>
internal sealed unsafe class GradientStep
{
    private readonly CompiledModel _model;
    private readonly DataSet _data;
    private readonly LossSpec _loss;
    private readonly TeamBarrier _team;
    private readonly TensorPool _pool;
    private readonly List<FloatBuffer> _leaves = [];
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
        (_data, _loss, _team, _pool, _slots, _seed) = (data, loss, team, pool, slots, seed);
        _samples = GC.AllocateArray<int>(batch, pinned: true);
        _labels = new int[batch];
        _losses = new float[batch];
        _shardLosses = new double[shards];
        _spanLosses = new double[shards];
        _nodeOfSlot = new int[slots];
        var samples = (int*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _samples[0]);
        _model = new CompiledModel(model, batch, slots, shards, pool, samples);
        TargetValues = pool.Rent(batch * data.TargetWidth, zeroed: false);
        _split = [.. model.Nodes.Select(n => slots > 1 && n.Layer.CanSplitOutputs && SizeOf(n) >= splitFrom)];
        Complete = [.. model.Layout.Parameters.Select(p => _split[model.Nodes.Single(n => n.Layer.Name == p.Layer).Index])];
    }

    /// <summary>Which parameters' gradients are complete in the first leaf: those that the slots computed together.</summary>
    public bool[] Complete { get; }

    /// <summary>The gradient of each span, as flat vectors.</summary>
    public IReadOnlyList<FloatBuffer> Leaves => _leaves;

    private FloatBuffer TargetValues { get; }

    /// <summary>Makes room for the gradients of so many spans.</summary>
    public void Reserve(int leaves)
    {
        while (_leaves.Count < leaves)
        {
            _leaves.Add(_pool.Rent(_model.Model.Layout.Length, zeroed: false));
        }
    }

    /// <summary>The loss of a span, summed over its samples in float64, after <see cref="Compute"/>.</summary>
    public double LossOf(int leaf) => _spanLosses[leaf];

    /// <summary>The loss of the batch, summed over its samples; call it alone, once a step.</summary>
    public double Loss(StepPlan plan) => ReductionTree.Fold(_spanLosses, plan.LeafFolds);

    /// <summary>One slot's part of a step; every slot of the team calls it.</summary>
    /// <param name="plan">Who computes what.</param>
    /// <param name="batches">Which samples make which batch.</param>
    /// <param name="step">The 0-based step.</param>
    /// <param name="weights">The flat parameter vector.</param>
    public void Compute(int slot, StepPlan plan, BatchPlan batches, long step, float* weights)
    {
        try
        {
            _nodeOfSlot[slot] = -1;
            Gather(slot, plan, batches, step);
            Forward(slot, plan, step, weights);
            _nodeOfSlot[slot] = _split.Length;
            Losses(slot, plan);
            Backward(slot, plan, step, weights);
        }
        catch (Exception exception) when (exception is not (TeamBrokenException or OutOfMemoryException))
        {
            throw new LayerFailedException(NameOf(_nodeOfSlot[slot]), step + 1, Sample(slot, plan, step, weights), exception);
        }
    }

    /// <summary>The first place, in forward order, whose output or gradient is not finite; asked when a step diverged.</summary>
    public string FirstNotFinite(StepPlan plan)
    {
        foreach (var node in _model.Model.Nodes)
        {
            if (!node.ForwardIsFused && !FiniteCheck.All(_model.Value(node, 0, plan.Samples)))
            {
                return $"the output of {node.Layer.Name}";
            }
        }

        foreach (var parameter in _model.Model.Layout.Parameters)
        {
            var leaves = Complete[parameter.Ordinal] ? 1 : plan.Spans.Length;
            for (var leaf = 0; leaf < leaves; leaf++)
            {
                if (!FiniteCheck.All(_leaves[leaf].Span.Slice(parameter.Start, parameter.Length)))
                {
                    return $"the gradient of {parameter.FullName}";
                }
            }
        }

        return "the averaged gradient";
    }

    private static long SizeOf(Node node) => node.Layer.Parameters.Sum(p => (long)p.Length);

    private void Gather(int slot, StepPlan plan, BatchPlan batches, long step)
    {
        var (epoch, inEpoch) = batches.Locate(step);
        foreach (var (row, rows) in plan.RowsOf(slot))
        {
            var ids = _samples.AsSpan(row, rows);
            batches.Fill(epoch, inEpoch, row, ids);
            Shared.Data.Gather.Features(_data, ids, _model.Input(row, rows));
            if (_loss.TakesLabels)
            {
                Shared.Data.Gather.Labels(_data, ids, _labels.AsSpan(row, rows));
            }
            else
            {
                Shared.Data.Gather.Targets(_data, ids, TargetValues.Span.Slice(row * _data.TargetWidth, rows * _data.TargetWidth));
            }
        }
    }

    private void Forward(int slot, StepPlan plan, long step, float* weights)
    {
        var apart = false;
        foreach (var node in _model.Model.Nodes)
        {
            if (node.ForwardIsFused || node.Layer.IsView)
            {
                continue;
            }

            apart = Meet(node, apart);
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
    }

    private void Losses(int slot, StepPlan plan)
    {
        foreach (ref readonly var span in plan.SpansOf(slot))
        {
            var losses = _losses.AsSpan(span.Row, span.Rows);
            var (row, rows) = (span.Row, span.Rows);
            _loss.Compute(_model.Output(row, rows), TargetsOf(row, rows), losses, _model.OutputGradient(row, rows));
            var sums = _shardLosses.AsSpan(span.Span.First, span.Shards.Count);
            for (var (shard, place) = (0, 0); shard < sums.Length; shard++)
            {
                var sum = 0.0;
                for (var end = place + span.Shards.Lengths[shard]; place < end; place++)
                {
                    sum += losses[place];
                }

                sums[shard] = sum;
            }

            _spanLosses[span.Leaf] = ReductionTree.Fold(sums, new ReadOnlySpan<int>(span.Shards.Folds, span.Shards.Count));
        }
    }

    private void Backward(int slot, StepPlan plan, long step, float* weights)
    {
        var apart = false;
        var nodes = _model.Model.Nodes;
        for (var i = nodes.Length - 1; i >= 0; i--)
        {
            var node = nodes[i];
            if (node.BackwardIsFused || node.Layer.IsView)
            {
                continue;
            }

            apart = Meet(node, apart);
            _nodeOfSlot[slot] = node.Index;
            if (_split[i])
            {
                var pass = _model.Pass(node, Together(slot, plan, step), weights, _leaves[0].Pointer, plan.Whole);
                node.Layer.BackwardParameters(pass);
                if (node.NeedsInputGradient)
                {
                    node.Layer.BackwardInput(pass);
                }

                continue;
            }

            foreach (ref readonly var span in plan.SpansOf(slot))
            {
                var range = Own(slot, span.Row, span.Rows, step);
                node.Layer.BackwardParameters(_model.Pass(node, range, weights, _leaves[span.Leaf].Pointer, span.Shards));
            }

            foreach (var (row, rows) in node.NeedsInputGradient ? plan.RowsOf(slot) : [])
            {
                node.Layer.BackwardInput(_model.Pass(node, Own(slot, row, rows, step), weights));
            }
        }
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
        new() { Slot = slot, Rows = plan.Samples, Part = slot, Parts = _slots, Training = true, Seed = _seed, Step = step };

    private Targets TargetsOf(int row, int rows) => _loss.TakesLabels
        ? new Targets(_labels.AsSpan(row, rows), [])
        : new Targets([], TargetValues.Span.Slice(row * _data.TargetWidth, rows * _data.TargetWidth));

    private string NameOf(int node) =>
        node < 0 ? "gathering the batch" : node == _split.Length ? "the loss" : _model.Model.Nodes[node].Layer.Name;

    /// <summary>
    /// Runs the failed forward pass again row by row, to say which sample it was; where none fails alone, all of the slot's are named.
    /// </summary>
    private string Sample(int slot, StepPlan plan, long step, float* weights)
    {
        if (_nodeOfSlot[slot] >= 0 && _nodeOfSlot[slot] < _split.Length)
        {
            var node = _model.Model.Nodes[_nodeOfSlot[slot]];
            foreach (var (row, rows) in plan.RowsOf(slot))
            {
                for (var r = row; r < row + rows; r++)
                {
                    try
                    {
                        node.Layer.Forward(_model.Pass(node, Own(slot, r, 1, step), weights));
                    }
                    catch (Exception exception) when (exception is not OutOfMemoryException)
                    {
                        return $"sample {_samples[r]}";
                    }
                }
            }
        }

        var mine = plan.RowsOf(slot);
        return mine.Length == 0
            ? "no sample"
            : $"one of the samples {_samples[mine[0].Row]} to {_samples[mine[^1].Row + mine[^1].Rows - 1]} of its batch";
    }
}
