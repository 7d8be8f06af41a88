using Backprop.Shared.Losses;
using Backprop.Shared.Models;
using Backprop.Tests.Shared.Layers;

namespace Backprop.Tests.Parity;

/// <summary>
/// A network as a chain of models of one layer each, so that no layer computes another's function: what fusion must not change.
/// </summary>
internal sealed class LayersApart : IDisposable
{
    private readonly Scene _scene;
    private readonly List<LayerRunner> _runners = [];

    public LayersApart(Scene scene)
    {
        _scene = scene;
        var shape = scene.Network.Input;
        var ordinal = 0;
        foreach (var spec in scene.Network.Layers)
        {
            var runner = new LayerRunner(spec, shape, scene.Data.Count);
            foreach (var own in runner.Layer.Parameters)
            {
                var whole = scene.Model.Layout.Parameters[ordinal++];
                scene.Weights.Slice(whole.Start, whole.Length).CopyTo(runner.Weights(own));
            }

            _runners.Add(runner);
            shape = runner.Layer.Output;
        }
    }

    /// <summary>Each parameter of the whole model with its gradient, summed over the batch.</summary>
    public List<(Parameter Parameter, float[] Gradient)> Differentiate()
    {
        for (var row = 0; row < _scene.Order.Length; row++)
        {
            _scene.Data.Row(_scene.Order[row]).CopyTo(_runners[0].Input[(row * _scene.Data.Width)..]);
        }

        for (var i = 0; i < _runners.Count; i++)
        {
            if (i > 0)
            {
                _runners[i - 1].Output.CopyTo(_runners[i].Input);
            }

            _runners[i].Forward();
        }

        DifferentiateLoss(_runners[^1]);
        for (var i = _runners.Count - 1; i >= 0; i--)
        {
            _runners[i].BackwardParameters(_scene.Plan.Whole);
            _runners[i].BackwardInput();
            if (i > 0)
            {
                _runners[i].InputGradient.CopyTo(_runners[i - 1].OutputGradient);
            }
        }

        GC.KeepAlive(_scene.Plan);
        var gradients = _runners.SelectMany(runner => runner.Layer.Parameters.Select(own => runner.Gradient(own).ToArray()));
        return [.. _scene.Model.Layout.Parameters.Zip(gradients)];
    }

    public void Dispose()
    {
        foreach (var runner in _runners)
        {
            runner.Dispose();
        }
    }

    private void DifferentiateLoss(LayerRunner last)
    {
        var data = _scene.Data;
        int[] labels = data.Labels.Length == 0 ? [] : [.. _scene.Order.Select(sample => data.Labels[sample])];
        float[] values = [.. _scene.Order.SelectMany(sample => data.Target(sample).ToArray())];
        _scene.Network.Loss.Compute(last.Output, new Targets(labels, values), new float[data.Count], last.OutputGradient);
    }
}
