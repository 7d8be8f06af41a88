using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;

namespace Backprop.Tests.Simulation;

/// <summary>The floats of a coordinator: the weights, the gradients taken for a step, and the results of evaluation blocks.</summary>
internal sealed class SimulatedDataPlane(SwarmOptions options, SimulatedModel model, Sabotage sabotage)
{
    private readonly ShardSpan[] _spans = new ShardSpan[options.Rules.Shards];
    private readonly Triple[] _gradients = new Triple[options.Rules.Shards];
    private readonly double[] _blocks = new double[options.Rules.EvaluationBlocks];
    private int _count;
    private bool _isEvaluating;
    private Triple _next;

    public Triple Weights { get; set; } = SimulatedModel.InitialWeights;

    public void BeginStep() => _count = 0;

    public void BeginEvaluation()
    {
        _blocks.AsSpan().Fill(double.NaN);
        _isEvaluating = true;
    }

    /// <summary>The results of all blocks.</summary>
    public ReadOnlySpan<double> EndEvaluation()
    {
        if (!_isEvaluating)
        {
            throw new SimulationFailure("results were folded for which there was no room made");
        }

        _isEvaluating = false;
        return _blocks;
    }

    /// <summary>Keeps a gradient, by the place of its span.</summary>
    public void Take(ShardSpan span, Triple gradient)
    {
        var place = _count++;
        for (; place > 0 && _spans[place - 1].First > span.First; place--)
        {
            _spans[place] = _spans[place - 1];
            _gradients[place] = _gradients[place - 1];
        }

        _spans[place] = span;
        _gradients[place] = gradient;
    }

    /// <summary>What must never happen: samples are in the sum twice.</summary>
    public void TakeAgain(ShardSpan span, Triple gradient)
    {
        for (var place = 0; place < _count; place++)
        {
            if (_spans[place].First < span.End && span.First < _spans[place].End)
            {
                _gradients[place] += gradient;
                return;
            }
        }
    }

    public void TakeBlocks(int first, int count, Triple weights)
    {
        for (var block = first; block < first + count; block++)
        {
            _blocks[block] = SimulatedModel.BlockValue(block, weights);
        }
    }

    /// <summary>
    /// Finishes the tree, divides once, updates. Until <see cref="EndCommit"/> the weights are neither the old nor the new ones, and
    /// who takes them then takes something that cannot be missed.
    /// </summary>
    public CommitOutcome BeginCommit(int step)
    {
        var root = new ShardSpan(0, options.Rules.Shards);
        var sum = model.Fold(_spans.AsSpan(0, _count), root, _gradients, sabotage);
        var average = SimulatedModel.Average(sum, options.Rules.SamplesOf(step));
        _next = average.IsFinite ? SimulatedModel.Update(Weights, average) : Weights;
        Weights = Triple.NotFinite;
        return average.IsFinite ? CommitOutcome.Committed : CommitOutcome.GradientNotFinite;
    }

    public void EndCommit() => Weights = _next;
}
