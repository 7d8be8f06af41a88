using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Backprop.Shared.Kernels;

/// <summary>
/// An optimizer's arithmetic for one element: from its gradient, its parameter and up to two numbers of state, the new parameter and state.
/// </summary>
internal interface IUpdateOperator
{
    /// <summary>How many vectors of state it uses: 0, 1 or 2. Those beyond are neither read nor written.</summary>
    static abstract int StateVectors { get; }

    /// <summary>Gives the new parameter; overwrites the state.</summary>
    TVector Apply<TWidth, TVector>(TVector gradient, TVector parameter, ref TVector first, ref TVector second)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct;
}

/// <summary>
/// The loop of an update: one sweep that reads each gradient, parameter and state once and writes the last two back. As in
/// <see cref="Traversal"/>, element i is the same whatever register computed it, so a vector may be cut into blocks anywhere.
/// </summary>
internal static class UpdateTraversal
{
    /// <summary>
    /// Updates parameters and state in place. None of the spans may overlap; a vector that the operator does not use may be empty.
    /// </summary>
    public static void Run<TOperator>(
        TOperator op, ReadOnlySpan<float> gradient, Span<float> parameters, Span<float> first = default, Span<float> second = default)
        where TOperator : struct, IUpdateOperator
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(parameters.Length, gradient.Length, nameof(parameters));
        if (TOperator.StateVectors > 0)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(first.Length, gradient.Length, nameof(first));
        }

        if (TOperator.StateVectors > 1)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(second.Length, gradient.Length, nameof(second));
        }

        var done = 0;
        ref var g = ref MemoryMarshal.GetReference(gradient);
        ref var p = ref MemoryMarshal.GetReference(parameters);
        ref var a = ref MemoryMarshal.GetReference(first);
        ref var b = ref MemoryMarshal.GetReference(second);
        if (Vector512.IsHardwareAccelerated)
        {
            done = Loop<TOperator, Width512, Vector512<float>>(op, ref g, ref p, ref a, ref b, done, gradient.Length);
        }

        if (Vector256.IsHardwareAccelerated)
        {
            done = Loop<TOperator, Width256, Vector256<float>>(op, ref g, ref p, ref a, ref b, done, gradient.Length);
        }

        if (Vector128.IsHardwareAccelerated)
        {
            done = Loop<TOperator, Width128, Vector128<float>>(op, ref g, ref p, ref a, ref b, done, gradient.Length);
        }

        Loop<TOperator, WidthScalar, float>(op, ref g, ref p, ref a, ref b, done, gradient.Length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Loop<TOperator, TWidth, TVector>(
        TOperator op, ref float gradient, ref float parameters, ref float first, ref float second, int start, int length)
        where TOperator : struct, IUpdateOperator
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        var i = start;

        // Every span that is touched has the same length, checked above, so i + Lanes stays inside each.
        for (; i <= length - TWidth.Lanes; i += TWidth.Lanes)
        {
            var a = TOperator.StateVectors > 0 ? TWidth.Load(ref Unsafe.Add(ref first, i)) : default;
            var b = TOperator.StateVectors > 1 ? TWidth.Load(ref Unsafe.Add(ref second, i)) : default;
            var p = op.Apply<TWidth, TVector>(
                TWidth.Load(ref Unsafe.Add(ref gradient, i)), TWidth.Load(ref Unsafe.Add(ref parameters, i)), ref a, ref b);
            TWidth.Store(p, ref Unsafe.Add(ref parameters, i));
            if (TOperator.StateVectors > 0)
            {
                TWidth.Store(a, ref Unsafe.Add(ref first, i));
            }

            if (TOperator.StateVectors > 1)
            {
                TWidth.Store(b, ref Unsafe.Add(ref second, i));
            }
        }

        return i;
    }
}
