using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Backprop.Shared.Kernels;

namespace Backprop.Shared.Gradients;

/// <summary>
/// A block's part of the gradient norm: Σ q² with q = sum / n in float32, squared and added in float64. Element i joins lane i mod 16, in
/// ascending order; then lane l is added to lane l + 8, l + 4, l + 2, l + 1 in turn. The 16 lanes are logical: narrower registers emulate
/// them. The square of a float is exact in float64, so there is nothing to fuse.
/// </summary>
internal static class AverageSquares
{
    private const int Lanes = 16;

    /// <summary>Σ q² over the block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Of<TDivision>(TDivision division, ReadOnlySpan<float> sums)
        where TDivision : struct, ISampleDivision
    {
        var low = Vector512<double>.Zero;
        var high = Vector512<double>.Zero;
        ref var source = ref MemoryMarshal.GetReference(sums);
        var i = 0;
        for (; i <= sums.Length - Lanes; i += Lanes)
        {
            Accumulate(division, Vector512.LoadUnsafe(ref source, (nuint)i), ref low, ref high);
        }

        if (i < sums.Length)
        {
            // The missing lanes are +0.0 and leave their sums as they are.
            Span<float> tail = stackalloc float[Lanes];
            tail.Clear();
            sums[i..].CopyTo(tail);
            Accumulate(division, Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(tail)), ref low, ref high);
        }

        var eight = low + high;
        var four = eight.GetLower() + eight.GetUpper();
        var two = four.GetLower() + four.GetUpper();
        return two[0] + two[1];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate<TDivision>(
        TDivision division, Vector512<float> sums, ref Vector512<double> low, ref Vector512<double> high)
        where TDivision : struct, ISampleDivision
    {
        var q = division.Apply<Width512, Vector512<float>>(sums);
        var lower = Vector512.WidenLower(q);
        var upper = Vector512.WidenUpper(q);
        low += lower * lower;
        high += upper * upper;
    }
}
