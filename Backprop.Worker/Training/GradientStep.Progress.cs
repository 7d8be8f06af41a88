using Backprop.Shared.Gradients;
using Backprop.Shared.Tensors;

namespace Backprop.Worker.Training;

/// <summary>
/// What a worker in a process of its own adds: its weights come while it computes, its gradient leaves while it computes, and a pass
/// that nobody needs any more is abandoned between two nodes.
/// </summary>
internal sealed unsafe partial class GradientStep
{
    private const int NoParameters = int.MaxValue;
    private readonly int[] _starts;
    private readonly int[] _ends;
    private readonly Action _decide;
    private LeafFold? _fold;
    private Memory<float>[] _memories = [];
    private bool _wanted;
    private bool _goesOn;

    /// <summary>Makes ready for a step whose gradient leaves as one vector.</summary>
    /// <param name="vector">Receives it.</param>
    public void ReserveForOne(StepPlan plan, FloatBuffer vector)
    {
        if (_leaves.Count == 0)
        {
            _leaves.Add(vector);
        }

        Reserve(plan.Spans.Length);
        if (_slots > 1)
        {
            _fold ??= new LeafFold(_model.Model.Layout, _shardLosses.Length, _slots);
        }

        if (_memories.Length < _leaves.Count)
        {
            _memories = [.. _leaves.Select(leaf => leaf.Memory)];
        }

        _leaves[0] = vector;
        _memories[0] = vector.Memory;
    }

    /// <summary>
    /// Slot 0 says whether the pass goes on, and all slots hear the same: its word counts at the moment when the last of them has arrived.
    /// </summary>
    private bool GoesOn(int slot, bool wanted)
    {
        if (_slots == 1)
        {
            return wanted;
        }

        if (slot == 0)
        {
            _wanted = wanted;
        }

        _team.Arrive(_decide);
        return _goesOn;
    }

    /// <summary>How far down the gradient is final after a node that all slots computed together: only below others of that kind.</summary>
    private int Ready(int ready, int node)
    {
        var isNext = _starts[node] < ready;
        for (var later = node + 1; later < _split.Length && isNext; later++)
        {
            isNext = _split[later] || _ends[later] == 0;
        }

        return isNext ? _starts[node] : ready;
    }

    /// <summary>After the backward pass: the slots' vectors become one, and all of it is final.</summary>
    private bool Deliver(int slot, StepPlan plan, IStepProgress progress)
    {
        if (_slots > 1)
        {
            _team.Arrive();
            if (plan.Spans.Length > 1)
            {
                _fold!.Run(slot, _memories.AsSpan(0, plan.Spans.Length), plan.LeafFolds, Complete);
            }

            _team.Arrive();
        }

        return GoesOn(slot, slot > 0 || progress.GradientReady(0));
    }

    /// <summary>
    /// A flat gradient vector. Only the gaps between parameters are cleared, which nobody writes and a worker sends: of a vector whose
    /// large layers are summed in another, the memory is then never touched.
    /// </summary>
    public FloatBuffer RentGradient()
    {
        var layout = _model.Model.Layout;
        var gradient = _pool.Rent(layout.Length, zeroed: false);
        for (var i = 0; i < layout.Parameters.Count; i++)
        {
            var end = layout.Parameters[i].Start + layout.Parameters[i].Length;
            var next = i + 1 < layout.Parameters.Count ? layout.Parameters[i + 1].Start : layout.Length;
            gradient.Span[end..next].Clear();
        }

        return gradient;
    }
}
