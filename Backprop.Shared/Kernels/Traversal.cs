using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Backprop.Shared.Kernels;

/// <summary>Element by element: y = f(x). One body serves every width.</summary>
internal interface IUnaryOperator
{
    TVector Apply<TWidth, TVector>(TVector x)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct;
}

/// <summary>Element by element: z = f(x, y).</summary>
internal interface IBinaryOperator
{
    TVector Apply<TWidth, TVector>(TVector x, TVector y)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct;
}

/// <summary>
/// The loops over elements: the one place that chooses a width. An operator is arithmetic alone, so element i of the result is the same
/// whether a register of sixteen, four or one computed it. Destination and sources may start at the same element; shifted overlap is not
/// allowed.
/// </summary>
internal static class Traversal
{
    /// <summary>destination[i] = f(x[i]).</summary>
    public static void Unary<TOperator>(TOperator op, ReadOnlySpan<float> x, Span<float> destination)
        where TOperator : struct, IUnaryOperator
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, x.Length, nameof(destination));
        var done = 0;
        ref var source = ref MemoryMarshal.GetReference(x);
        ref var target = ref MemoryMarshal.GetReference(destination);
        if (Vector512.IsHardwareAccelerated)
        {
            done = UnaryLoop<TOperator, Width512, Vector512<float>>(op, ref source, ref target, done, x.Length);
        }

        if (Vector256.IsHardwareAccelerated)
        {
            done = UnaryLoop<TOperator, Width256, Vector256<float>>(op, ref source, ref target, done, x.Length);
        }

        if (Vector128.IsHardwareAccelerated)
        {
            done = UnaryLoop<TOperator, Width128, Vector128<float>>(op, ref source, ref target, done, x.Length);
        }

        UnaryLoop<TOperator, WidthScalar, float>(op, ref source, ref target, done, x.Length);
    }

    /// <summary>destination[i] = f(x[i], y[i]).</summary>
    public static void Binary<TOperator>(TOperator op, ReadOnlySpan<float> x, ReadOnlySpan<float> y, Span<float> destination)
        where TOperator : struct, IBinaryOperator
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(y.Length, x.Length, nameof(y));
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, x.Length, nameof(destination));
        var done = 0;
        ref var left = ref MemoryMarshal.GetReference(x);
        ref var right = ref MemoryMarshal.GetReference(y);
        ref var target = ref MemoryMarshal.GetReference(destination);
        if (Vector512.IsHardwareAccelerated)
        {
            done = BinaryLoop<TOperator, Width512, Vector512<float>>(op, ref left, ref right, ref target, done, x.Length);
        }

        if (Vector256.IsHardwareAccelerated)
        {
            done = BinaryLoop<TOperator, Width256, Vector256<float>>(op, ref left, ref right, ref target, done, x.Length);
        }

        if (Vector128.IsHardwareAccelerated)
        {
            done = BinaryLoop<TOperator, Width128, Vector128<float>>(op, ref left, ref right, ref target, done, x.Length);
        }

        BinaryLoop<TOperator, WidthScalar, float>(op, ref left, ref right, ref target, done, x.Length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int UnaryLoop<TOperator, TWidth, TVector>(TOperator op, ref float x, ref float destination, int start, int length)
        where TOperator : struct, IUnaryOperator
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        var i = start;
        for (; i <= length - TWidth.Lanes; i += TWidth.Lanes)
        {
            TWidth.Store(op.Apply<TWidth, TVector>(TWidth.Load(ref Unsafe.Add(ref x, i))), ref Unsafe.Add(ref destination, i));
        }

        return i;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int BinaryLoop<TOperator, TWidth, TVector>(
        TOperator op, ref float x, ref float y, ref float destination, int start, int length)
        where TOperator : struct, IBinaryOperator
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        var i = start;
        for (; i <= length - TWidth.Lanes; i += TWidth.Lanes)
        {
            var value = op.Apply<TWidth, TVector>(TWidth.Load(ref Unsafe.Add(ref x, i)), TWidth.Load(ref Unsafe.Add(ref y, i)));
            TWidth.Store(value, ref Unsafe.Add(ref destination, i));
        }

        return i;
    }
}
