using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Backprop.Shared.Kernels.Products;

/// <summary>The memory of <see cref="Segments"/> that are made once and used in every step. It lives at least as long as they.</summary>
/// <param name="capacity">The most segments of all that are made, together.</param>
internal sealed unsafe class SegmentTable(int capacity)
{
    // Pinned, because segments point into them.
    private readonly int[] _lengths = GC.AllocateArray<int>(capacity, pinned: true);
    private readonly int[] _folds = GC.AllocateArray<int>(capacity, pinned: true);
    private int _used;

    /// <summary>Keeps some segments.</summary>
    /// <param name="lengths">The length of each, in order.</param>
    /// <param name="folds">The program that folds them.</param>
    public Segments Add(ReadOnlySpan<int> lengths, ReadOnlySpan<int> folds)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(folds.Length, lengths.Length, nameof(folds));
        lengths.CopyTo(_lengths.AsSpan(_used));
        folds.CopyTo(_folds.AsSpan(_used));
        var segments = new Segments(PlaceIn(_lengths), PlaceIn(_folds), lengths.Length);
        _used += lengths.Length;
        return segments;
    }

    private int* PlaceIn(int[] array) => (int*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array)) + _used;
}
