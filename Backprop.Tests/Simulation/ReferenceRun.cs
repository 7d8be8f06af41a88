using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;

namespace Backprop.Tests.Simulation;

/// <summary>
/// The undisturbed run, written down as the contract says it and with nothing of what is tested: one loop over steps, shards summed in row
/// order, a recursive tree, one division, one update.
/// </summary>
internal sealed class ReferenceRun
{
    private readonly SimulatedModel _model;
    private readonly Rules _rules;
    private readonly List<Triple> _weights = [SimulatedModel.InitialWeights];

    public ReferenceRun(SwarmOptions options)
    {
        _model = new SimulatedModel(options);
        _rules = options.Rules;
        for (var step = 1; step <= _rules.Steps; step++)
        {
            var sum = Node(step, new ShardSpan(0, _rules.Shards), _weights[^1])
                ?? throw new InvalidOperationException("A batch has samples.");
            var average = SimulatedModel.Average(sum, _rules.SamplesOf(step));
            if (!average.IsFinite)
            {
                DivergesAt = step;
                return;
            }

            _weights.Add(SimulatedModel.Update(_weights[^1], average));
        }
    }

    /// <summary>The step without a finite result; 0: none.</summary>
    public int DivergesAt { get; }

    /// <summary>The weights after so many completed steps.</summary>
    public Triple WeightsAfter(int completed) => _weights[completed];

    private Triple? Node(int step, ShardSpan node, Triple weights)
    {
        if (node.Count == 1)
        {
            return Shard(step, node.First, weights);
        }

        var left = Node(step, node.Left, weights);
        var right = Node(step, node.Right, weights);
        return left is { } l && right is { } r ? l + r : left ?? right;
    }

    private Triple? Shard(int step, int shard, Triple weights)
    {
        var samples = _rules.SamplesOf(step);
        Triple? sum = null;
        for (var place = shard * samples / _rules.Shards; place < (shard + 1) * samples / _rules.Shards; place++)
        {
            var gradient = _model.Gradient(step, place, weights);
            sum = sum is { } before ? before + gradient : gradient;
        }

        return sum;
    }
}
