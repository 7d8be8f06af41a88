namespace Backprop.Shared.Tensors;

/// <summary>
/// Floats in memory that does not move, or a part of them: weights, a gradient. Whoever made the memory keeps it for as long as this is
/// used. Where floats only pass through, they pass as this; pointers are for those who compute and for those who send.
/// </summary>
/// <param name="start">The first float; null where there are none.</param>
internal readonly unsafe struct FlatVector(float* start, int length)
{
    /// <summary>The first float.</summary>
    public float* Pointer => start;

    /// <summary>How many floats.</summary>
    public int Length => length;

    /// <summary>All floats.</summary>
    public Span<float> Values => new(start, length);

    /// <summary>A part of them.</summary>
    public FlatVector Slice(int from, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)from, (uint)length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(length - from));
        return new FlatVector(start + from, count);
    }
}
