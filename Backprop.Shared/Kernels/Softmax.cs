using Backprop.Shared.Kernels.Operators;

namespace Backprop.Shared.Kernels;

/// <summary>Softmax over rows: e^(x - max) divided by its sum.</summary>
internal static class Softmax
{
    // Rows at a time: their maxima and sums live on the stack, and a block of ordinary rows in the first cache.
    private const int BlockRows = 64;

    /// <summary>
    /// Shapes: x and destination <c>[rows, width]</c>, which may be the same memory. A row with a NaN, with +infinity, or of nothing but
    /// -infinity becomes NaN.
    /// </summary>
    public static void Rows(ReadOnlySpan<float> x, int width, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfNotEqual(x.Length % width, 0, nameof(x));
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, x.Length, nameof(destination));
        Span<float> scratch = stackalloc float[BlockRows];
        for (var start = 0; start < x.Length; start += BlockRows * width)
        {
            var length = Math.Min(BlockRows * width, x.Length - start);
            var scalars = scratch[..(length / width)];
            var block = destination.Slice(start, length);
            Reductions.RowMaxima(x.Slice(start, length), width, scalars);
            RowTraversal.Binary(default(ExpDifferenceOperator), x.Slice(start, length), scalars, width, block);
            Reductions.RowSums(block, width, scalars);
            RowTraversal.Binary(default(DivideOperator), block, scalars, width, block);
        }
    }
}
