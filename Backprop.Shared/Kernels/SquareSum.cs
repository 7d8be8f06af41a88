using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Backprop.Shared.Kernels;

/// <summary>
/// The sum of squares in float64: what the gradient norm is made of. Sixteen lanes as in <see cref="Lanes"/>; the square of a float is
/// exact in a double, so each lane rounds once an element, and there is nothing to fuse. Widening and doubles are not in <see
/// cref="IWidth{TVector}"/>, hence a body a width.
/// </summary>
internal static class SquareSum
{
    /// <summary>The sum of f(x[i])² over a block of any length (the contract uses 4,096), from +0.0; f is computed in float32.</summary>
    public static double Of<TOperator>(TOperator f, ReadOnlySpan<float> x)
        where TOperator : struct, IUnaryOperator
    {
        Span<double> lanes = stackalloc double[Lanes.Count];
        lanes.Clear();
        ref var source = ref MemoryMarshal.GetReference(x);
        ref var target = ref MemoryMarshal.GetReference(lanes);
        var whole = x.Length & -Lanes.Count;
        if (Vector512.IsHardwareAccelerated)
        {
            Loop512(f, ref source, whole, ref target);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Loop256(f, ref source, whole, ref target);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            Loop128(f, ref source, whole, ref target);
        }
        else
        {
            AddOneByOne(f, x[..whole], lanes);
        }

        AddOneByOne(f, x[whole..], lanes);
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
    private static void Loop512<TOperator>(TOperator f, ref float x, int length, ref double lanes)
        where TOperator : struct, IUnaryOperator
    {
        var (sum0, sum1) = (Vector512<double>.Zero, Vector512<double>.Zero);
        for (var i = 0; i < length; i += Lanes.Count)
        {
            var value = f.Apply<Width512, Vector512<float>>(Vector512.LoadUnsafe(ref x, (nuint)i));
            var (x0, x1) = Vector512.Widen(value);
            sum0 += x0 * x0;
            sum1 += x1 * x1;
        }

        sum0.StoreUnsafe(ref lanes);
        sum1.StoreUnsafe(ref lanes, 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Loop256<TOperator>(TOperator f, ref float x, int length, ref double lanes)
        where TOperator : struct, IUnaryOperator
    {
        var (sum0, sum1, sum2, sum3) = (Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero);
        for (var i = 0; i < length; i += Lanes.Count)
        {
            var (x0, x1) = Vector256.Widen(f.Apply<Width256, Vector256<float>>(Vector256.LoadUnsafe(ref x, (nuint)i)));
            var (x2, x3) = Vector256.Widen(f.Apply<Width256, Vector256<float>>(Vector256.LoadUnsafe(ref x, (nuint)i + 8)));
            sum0 += x0 * x0;
            sum1 += x1 * x1;
            sum2 += x2 * x2;
            sum3 += x3 * x3;
        }

        sum0.StoreUnsafe(ref lanes);
        sum1.StoreUnsafe(ref lanes, 4);
        sum2.StoreUnsafe(ref lanes, 8);
        sum3.StoreUnsafe(ref lanes, 12);
    }

    // Eight lanes a pass, so that the sums fit the sixteen registers of the oldest CPUs.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Loop128<TOperator>(TOperator f, ref float x, int length, ref double lanes)
        where TOperator : struct, IUnaryOperator
    {
        for (var lane = 0; lane < Lanes.Count; lane += 8)
        {
            var (sum0, sum1, sum2, sum3) = (Vector128<double>.Zero, Vector128<double>.Zero, Vector128<double>.Zero, Vector128<double>.Zero);
            for (var i = lane; i < length; i += Lanes.Count)
            {
                var (x0, x1) = Vector128.Widen(f.Apply<Width128, Vector128<float>>(Vector128.LoadUnsafe(ref x, (nuint)i)));
                var (x2, x3) = Vector128.Widen(f.Apply<Width128, Vector128<float>>(Vector128.LoadUnsafe(ref x, (nuint)i + 4)));
                sum0 += x0 * x0;
                sum1 += x1 * x1;
                sum2 += x2 * x2;
                sum3 += x3 * x3;
            }

            ref var target = ref Unsafe.Add(ref lanes, lane);
            sum0.StoreUnsafe(ref target);
            sum1.StoreUnsafe(ref target, 2);
            sum2.StoreUnsafe(ref target, 4);
            sum3.StoreUnsafe(ref target, 6);
        }
    }

    /// <summary>For x that begins at lane 0.</summary>
    private static void AddOneByOne<TOperator>(TOperator f, ReadOnlySpan<float> x, Span<double> lanes)
        where TOperator : struct, IUnaryOperator
    {
        for (var i = 0; i < x.Length; i++)
        {
            double value = f.Apply<WidthScalar, float>(x[i]);
            lanes[i % Lanes.Count] += value * value;
        }
    }
}
