using Backprop.Shared.Data;
using Backprop.Shared.Gradients;
using Backprop.Shared.Losses;
using Backprop.Shared.Metrics;
using Backprop.Shared.Models;
using Backprop.Shared.Tensors;

namespace Backprop.Worker.Training;

/// <summary>
/// Loss and metrics over a test set, in blocks of 64 rows: each block's sums run down its rows in float64, the blocks are folded by a
/// balanced tree (<see cref="EvaluationFold"/>). Any slot may compute any block; the result is the same for any number of them.
/// </summary>
internal sealed class EvaluationPass
{
    private const int BlockRows = EvaluationFold.BlockRows;

    /// <summary>How many blocks a slot computes at once.</summary>
    private const int BlocksAtOnce = 8;

    private readonly CompiledModel _model;
    private readonly DataSet _data;
    private readonly LossSpec _loss;
    private readonly MetricSpec[] _metrics;
    private readonly float[][] _losses;

    public EvaluationPass(Model model, DataSet data, LossSpec loss, IReadOnlyList<MetricSpec> metrics, int slots, TensorPool pool)
    {
        (_data, _loss, _metrics) = (data, loss, [.. metrics]);
        Fold = new EvaluationFold(data.Count, metrics.Count);
        _model = new CompiledModel(model, BlockRows * BlocksAtOnce * slots, slots, 0, pool);
        _losses = [.. Enumerable.Range(0, slots).Select(_ => new float[BlockRows * BlocksAtOnce])];
    }

    /// <summary>Where the sums of each block go.</summary>
    public EvaluationFold Fold { get; }

    /// <summary>Computes some blocks on one slot.</summary>
    public void Compute(int slot, int first, int count, FlatVector weights)
    {
        for (var end = first + count; first < end; first += BlocksAtOnce)
        {
            Chunk(slot, first, Math.Min(BlocksAtOnce, end - first), weights);
        }
    }

    private void Chunk(int slot, int block, int blocks, FlatVector weights)
    {
        var sample = block * BlockRows;
        var rows = Math.Min(_data.Count, sample + (blocks * BlockRows)) - sample;
        var row = slot * BlockRows * BlocksAtOnce;
        _data.Features.AsSpan(sample * _data.Width, rows * _data.Width).CopyTo(_model.Input(row, rows));
        _model.Forward(new PassRange { Slot = slot, Row = row, Rows = rows }, weights);
        var losses = _losses[slot].AsSpan(0, rows);
        _loss.Compute(_model.Output(row, rows), TargetsOf(sample, rows), losses, []);
        for (var r = 0; r < rows;)
        {
            Sum(block++, losses, sample, row, r, Math.Min(rows, r + BlockRows));
            r += BlockRows;
        }
    }

    private void Sum(int block, ReadOnlySpan<float> losses, int sample, int row, int from, int to)
    {
        var loss = 0.0;
        for (var r = from; r < to; r++)
        {
            loss += losses[r];
        }

        var sums = Fold.Sums(block, 1);
        sums[0] = loss;
        for (var m = 0; m < _metrics.Length; m++)
        {
            var sum = 0.0;
            for (var r = from; r < to; r++)
            {
                sum += _metrics[m].Value(_model.Output(row + r, 1), TargetsOf(sample + r, 1));
            }

            sums[m + 1] = sum;
        }
    }

    private Targets TargetsOf(int sample, int rows) => _loss.TakesLabels
        ? new Targets(_data.Labels.AsSpan(sample, rows), [])
        : new Targets([], _data.TargetValues.AsSpan(sample * _data.TargetWidth, rows * _data.TargetWidth));
}
