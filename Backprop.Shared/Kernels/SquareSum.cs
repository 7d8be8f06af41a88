using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Backprop.Shared.Kernels;

/// <summary>
/// The sum of squares in float64: what the gradient norm is made of. Sixteen lanes as in <see cref="Lanes"/>; the square of a float is exact in
/// a double, so each lane rounds once an element. Widening and doubles are not in <see cref="IWidth{TVector}"/>, hence a body a width.
/// </summary>
internal static class SquareSum
{
    /// <summary>The sum of x[i]² over a block of any length (the contract uses 4,096), from +0.0.</summary>
    public static double Of(ReadOnlySpan<float> x)
    {
        Span<double> lanes = stackalloc double[Lanes.Count];
        lanes.Clear();
        ref var source = ref MemoryMarshal.GetReference(x);
        ref var target = ref MemoryMarshal.GetReference(lanes);
        var groups = x.Length / Lanes.Count;
        if (Vector512.IsHardwareAccelerated && Avx512F.IsSupported)
        {
            Loop512(ref source, groups, ref target);
        }
        else if (Vector256.IsHardwareAccelerated && Avx.IsSupported)
        {
            Loop256(ref source, groups, ref target);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            Loop128(ref source, groups, ref target);
        }
        else
        {
            LoopScalar(ref source, groups, ref target);
        }

        for (var i = groups * Lanes.Count; i < x.Length; i++)
        {
            lanes[i % Lanes.Count] += (double)x[i] * x[i];
        }

        for (var half = Lanes.Count / 2; half > 0; half /= 2)
        {
            for (var lane = 0; lane < half; lane++)
            {
                lanes[lane] += lanes[lane + half];
            }
        }

        return lanes[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Loop512(ref float x, int groups, ref double lanes)
    {
        var (sum0, sum1) = (Vector512<double>.Zero, Vector512<double>.Zero);
        for (; groups > 0; groups--)
        {
            var low = Avx512F.ConvertToVector512Double(Vector256.LoadUnsafe(ref x));
            var high = Avx512F.ConvertToVector512Double(Vector256.LoadUnsafe(ref x, 8));
            sum0 += low * low;
            sum1 += high * high;
            x = ref Unsafe.Add(ref x, Lanes.Count);
        }

        sum0.StoreUnsafe(ref lanes);
        sum1.StoreUnsafe(ref lanes, 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Loop256(ref float x, int groups, ref double lanes)
    {
        var (sum0, sum1, sum2, sum3) = (Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero);
        for (; groups > 0; groups--)
        {
            var x0 = Avx.ConvertToVector256Double(Vector128.LoadUnsafe(ref x));
            var x1 = Avx.ConvertToVector256Double(Vector128.LoadUnsafe(ref x, 4));
            var x2 = Avx.ConvertToVector256Double(Vector128.LoadUnsafe(ref x, 8));
            var x3 = Avx.ConvertToVector256Double(Vector128.LoadUnsafe(ref x, 12));
            sum0 += x0 * x0;
            sum1 += x1 * x1;
            sum2 += x2 * x2;
            sum3 += x3 * x3;
            x = ref Unsafe.Add(ref x, Lanes.Count);
        }

        sum0.StoreUnsafe(ref lanes);
        sum1.StoreUnsafe(ref lanes, 4);
        sum2.StoreUnsafe(ref lanes, 8);
        sum3.StoreUnsafe(ref lanes, 12);
    }

    // Eight lanes a pass, so that the sums fit the sixteen registers of the oldest CPUs.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Loop128(ref float x, int groups, ref double lanes)
    {
        for (var lane = 0; lane < Lanes.Count; lane += 8)
        {
            ref var source = ref Unsafe.Add(ref x, lane);
            var (sum0, sum1, sum2, sum3) = (Vector128<double>.Zero, Vector128<double>.Zero, Vector128<double>.Zero, Vector128<double>.Zero);
            for (var group = 0; group < groups; group++)
            {
                var (x0, x1) = Vector128.Widen(Vector128.LoadUnsafe(ref source));
                var (x2, x3) = Vector128.Widen(Vector128.LoadUnsafe(ref source, 4));
                sum0 += x0 * x0;
                sum1 += x1 * x1;
                sum2 += x2 * x2;
                sum3 += x3 * x3;
                source = ref Unsafe.Add(ref source, Lanes.Count);
            }

            ref var target = ref Unsafe.Add(ref lanes, lane);
            sum0.StoreUnsafe(ref target);
            sum1.StoreUnsafe(ref target, 2);
            sum2.StoreUnsafe(ref target, 4);
            sum3.StoreUnsafe(ref target, 6);
        }
    }

    private static void LoopScalar(ref float x, int groups, ref double lanes)
    {
        for (var i = 0; i < groups * Lanes.Count; i++)
        {
            double value = Unsafe.Add(ref x, i);
            Unsafe.Add(ref lanes, i % Lanes.Count) += value * value;
        }
    }
}
