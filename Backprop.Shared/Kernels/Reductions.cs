using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Backprop.Shared.Kernels;

/// <summary>
/// Sums and maxima in an order that no CPU changes: rows over sixteen <see cref="Lanes"/>, columns from the first row to the last.
/// </summary>
internal static class Reductions
{
    /// <summary>sums[r] = the sum of row r. Shapes: x <c>[rows, width]</c>, sums <c>[rows]</c>.</summary>
    public static void RowSums(ReadOnlySpan<float> x, int width, Span<float> sums) => Rows<LaneSum>(x, width, sums);

    /// <summary>maxima[r] = the largest element of row r; NaNs are passed over, a row of nothing else gives -infinity.</summary>
    public static void RowMaxima(ReadOnlySpan<float> x, int width, Span<float> maxima) => Rows<LaneMaximum>(x, width, maxima);

    /// <summary>
    /// sums[j] += x[0, j], then x[1, j], ... by plain additions. Shapes: x <c>[rows, width]</c>, sums <c>[width]</c>, which the caller
    /// has set to +0.0 or to the sum of the rows before.
    /// </summary>
    public static void AddColumns(ReadOnlySpan<float> x, Span<float> sums)
    {
        var rows = sums.IsEmpty ? 0 : x.Length / sums.Length;
        ArgumentOutOfRangeException.ThrowIfNotEqual(rows * sums.Length, x.Length, nameof(x));
        ref var source = ref MemoryMarshal.GetReference(x);
        ref var target = ref MemoryMarshal.GetReference(sums);
        var done = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            done = ColumnLoop<Width512, Vector512<float>>(ref source, rows, ref target, done, sums.Length);
        }

        if (Vector256.IsHardwareAccelerated)
        {
            done = ColumnLoop<Width256, Vector256<float>>(ref source, rows, ref target, done, sums.Length);
        }

        if (Vector128.IsHardwareAccelerated)
        {
            done = ColumnLoop<Width128, Vector128<float>>(ref source, rows, ref target, done, sums.Length);
        }

        ColumnLoop<WidthScalar, float>(ref source, rows, ref target, done, sums.Length);
    }

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

    // Four registers of columns at a time stay in the CPU while the rows pass, then one at a time.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int ColumnLoop<TWidth, TVector>(ref float x, int rows, ref float sums, int start, int width)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        var column = start;
        for (; column <= width - (4 * TWidth.Lanes); column += 4 * TWidth.Lanes)
        {
            ref var target = ref Unsafe.Add(ref sums, column);
            var sum0 = TWidth.Load(ref target);
            var sum1 = TWidth.Load(ref Unsafe.Add(ref target, TWidth.Lanes));
            var sum2 = TWidth.Load(ref Unsafe.Add(ref target, 2 * TWidth.Lanes));
            var sum3 = TWidth.Load(ref Unsafe.Add(ref target, 3 * TWidth.Lanes));
            for (nint row = 0; row < rows; row++)
            {
                ref var source = ref Unsafe.Add(ref x, (row * width) + column);
                sum0 = TWidth.Add(sum0, TWidth.Load(ref source));
                sum1 = TWidth.Add(sum1, TWidth.Load(ref Unsafe.Add(ref source, TWidth.Lanes)));
                sum2 = TWidth.Add(sum2, TWidth.Load(ref Unsafe.Add(ref source, 2 * TWidth.Lanes)));
                sum3 = TWidth.Add(sum3, TWidth.Load(ref Unsafe.Add(ref source, 3 * TWidth.Lanes)));
            }

            TWidth.Store(sum0, ref target);
            TWidth.Store(sum1, ref Unsafe.Add(ref target, TWidth.Lanes));
            TWidth.Store(sum2, ref Unsafe.Add(ref target, 2 * TWidth.Lanes));
            TWidth.Store(sum3, ref Unsafe.Add(ref target, 3 * TWidth.Lanes));
        }

        for (; column <= width - TWidth.Lanes; column += TWidth.Lanes)
        {
            var sum = TWidth.Load(ref Unsafe.Add(ref sums, column));
            for (nint row = 0; row < rows; row++)
            {
                sum = TWidth.Add(sum, TWidth.Load(ref Unsafe.Add(ref x, (row * width) + column)));
            }

            TWidth.Store(sum, ref Unsafe.Add(ref sums, column));
        }

        return column;
    }
}
