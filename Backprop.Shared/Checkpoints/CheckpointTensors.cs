using Backprop.Shared.Formats;
using Backprop.Shared.Models;

namespace Backprop.Shared.Checkpoints;

/// <summary>
/// The tensors that a run must not lose, where it keeps them: the flat weights, each optimizer slot as a flat vector of the same layout,
/// and buffers (running statistics). A checkpoint is written from one and read into one; nothing is copied in between.
/// </summary>
internal sealed class CheckpointTensors
{
    /// <summary>What the names of optimizer slots begin with: <c>optimizer.momentum.layers.0.weight</c>.</summary>
    public const string SlotPrefix = "optimizer.";

    private readonly Memory<float>[] _slots;

    /// <summary>Views of the given memory.</summary>
    /// <param name="layout">Where the parameters lie in each flat vector.</param>
    /// <param name="weights">The flat weights.</param>
    /// <param name="slotNames">The optimizer's slots, by name; none where only weights are of interest.</param>
    /// <param name="slots">Their flat vectors, in the same order.</param>
    /// <param name="buffers">What layers keep beside parameters, in order of declaration.</param>
    public CheckpointTensors(
        ParameterLayout layout, Memory<float> weights, IReadOnlyList<string> slotNames, ReadOnlySpan<Memory<float>> slots,
        IReadOnlyList<NamedTensor>? buffers = null)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(weights.Length, layout.Length, nameof(weights));
        ArgumentOutOfRangeException.ThrowIfNotEqual(slots.Length, slotNames.Count, nameof(slots));
        Layout = layout;
        Weights = weights;
        SlotNames = slotNames;
        _slots = slots.ToArray();
        Buffers = buffers ?? [];
        foreach (var slot in _slots)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(slot.Length, layout.Length, nameof(slots));
        }
    }

    /// <summary>Where the parameters lie.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>The flat weights.</summary>
    public Memory<float> Weights { get; }

    /// <summary>The names of the optimizer's slots.</summary>
    public IReadOnlyList<string> SlotNames { get; }

    /// <summary>The slots' flat vectors.</summary>
    public ReadOnlySpan<Memory<float>> Slots => _slots;

    /// <summary>What layers keep beside parameters.</summary>
    public IReadOnlyList<NamedTensor> Buffers { get; }

    /// <summary>The same tensors in memory of their own, zero at first.</summary>
    public CheckpointTensors AllocateLike()
    {
        var slots = new Memory<float>[_slots.Length];
        for (var i = 0; i < slots.Length; i++)
        {
            slots[i] = new float[Layout.Length];
        }

        return new(
            Layout, new float[Layout.Length], SlotNames, slots, [.. Buffers.Select(b => b with { Values = new float[b.Values.Length] })]);
    }

    /// <summary>Copies all values into tensors of the same layout.</summary>
    public void CopyTo(CheckpointTensors other)
    {
        Weights.Span.CopyTo(other.Weights.Span);
        for (var i = 0; i < _slots.Length; i++)
        {
            _slots[i].Span.CopyTo(other._slots[i].Span);
        }

        for (var i = 0; i < Buffers.Count; i++)
        {
            Buffers[i].Values.Span.CopyTo(other.Buffers[i].Values.Span);
        }
    }

    /// <summary>The parameters, then the buffers, in order of declaration and under their exported names.</summary>
    public IEnumerable<NamedTensor> Model => Layout.Parameters.Select(p => Part(p.FullName, p, Weights)).Concat(Buffers);

    /// <summary>The model's tensors, then the slots': the order of a checkpoint file.</summary>
    public IEnumerable<NamedTensor> All => Model.Concat(
        SlotNames.SelectMany((slot, i) => Layout.Parameters.Select(p => Part($"{SlotPrefix}{slot}.{p.FullName}", p, _slots[i]))));

    private static NamedTensor Part(string name, Parameter parameter, Memory<float> flat) =>
        new(name, parameter.Shape, flat.Slice(parameter.Start, parameter.Length));
}
