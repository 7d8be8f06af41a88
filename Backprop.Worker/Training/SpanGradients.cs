using Backprop.Shared.Models;
using Backprop.Shared.Tensors;

namespace Backprop.Worker.Training;

/// <summary>The gradients of a step's spans, a flat vector for each; rented once and used again.</summary>
internal sealed class SpanGradients(ParameterLayout layout, int shards, int slots, TensorPool pool)
{
    private readonly List<FloatBuffer> _vectors = [];
    private Memory<float>[] _memories = [];
    private LeafFold? _fold;

    /// <summary>The vectors, in the order of their spans.</summary>
    public IReadOnlyList<FloatBuffer> Vectors => _vectors;

    /// <summary>A span's vector, for those who write it.</summary>
    public FlatVector this[int span] => _vectors[span].Vector;

    /// <summary>Makes room for so many spans.</summary>
    public void Reserve(int spans)
    {
        while (_vectors.Count < spans)
        {
            _vectors.Add(Rent());
        }
    }

    /// <summary>Makes room for so many spans whose sum leaves as one vector.</summary>
    /// <param name="first">The first of them, which receives the sum.</param>
    public void ReserveForOne(int spans, FloatBuffer first)
    {
        if (_vectors.Count == 0)
        {
            _vectors.Add(first);
        }

        Reserve(spans);
        if (slots > 1)
        {
            _fold ??= new LeafFold(layout, shards, slots);
        }

        if (_memories.Length < _vectors.Count)
        {
            _memories = [.. _vectors.Select(vector => vector.Memory)];
        }

        _vectors[0] = first;
        _memories[0] = first.Memory;
    }

    /// <summary>A slot's share of folding the vectors into the first; all slots call it between two barriers.</summary>
    /// <param name="complete">Which parameters are complete in the first.</param>
    public void Fold(int slot, StepPlan plan, ReadOnlySpan<bool> complete)
    {
        if (plan.Spans.Length > 1)
        {
            _fold!.Run(slot, _memories.AsSpan(0, plan.Spans.Length), plan.LeafFolds, complete);
        }
    }

    /// <summary>
    /// A flat gradient vector. Only the gaps between parameters are cleared, which nobody writes and a worker sends: of a vector whose
    /// large layers are summed in another, the memory is then never touched.
    /// </summary>
    public FloatBuffer Rent()
    {
        var gradient = pool.Rent(layout.Length, zeroed: false);
        for (var i = 0; i < layout.Parameters.Count; i++)
        {
            var end = layout.Parameters[i].Start + layout.Parameters[i].Length;
            var next = i + 1 < layout.Parameters.Count ? layout.Parameters[i + 1].Start : layout.Length;
            gradient.Values[end..next].Clear();
        }

        return gradient;
    }
}
