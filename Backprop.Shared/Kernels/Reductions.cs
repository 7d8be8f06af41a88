using System.Runtime.CompilerServices;

namespace Backprop.Shared.Kernels;

/// <summary>
/// Sums and maxima of rows in an order that no CPU changes: over sixteen <see cref="Lanes"/>.
/// </summary>
internal static class Reductions
{
    /// <summary>sums[r] = the sum of row r. Shapes: x <c>[rows, width]</c>, sums <c>[rows]</c>.</summary>
    public static void RowSums(ReadOnlySpan<float> x, int width, Span<float> sums) => Rows<LaneSum>(x, width, sums);

    /// <summary>maxima[r] = the largest element of row r; NaNs are passed over, a row of nothing else gives -infinity.</summary>
    public static void RowMaxima(ReadOnlySpan<float> x, int width, Span<float> maxima) => Rows<LaneMaximum>(x, width, maxima);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows<TOperator>(ReadOnlySpan<float> x, int width, Span<float> results)
        where TOperator : struct, ILaneOperator
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(results.Length * width, x.Length, nameof(x));
        for (var row = 0; row < results.Length; row++)
        {
            results[row] = Lanes.Reduce<TOperator>(x[(row * width)..], width);
        }
    }
}
