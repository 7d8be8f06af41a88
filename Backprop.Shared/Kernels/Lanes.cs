using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Backprop.Shared.Kernels;

/// <summary>How two values of a lane become one; the neutral value changes nothing.</summary>
internal interface ILaneOperator
{
    static abstract float Neutral { get; }

    static abstract TVector Combine<TWidth, TVector>(TVector x, TVector y)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct;
}

/// <summary>x + y, from +0.0.</summary>
internal readonly struct LaneSum : ILaneOperator
{
    public static float Neutral => 0f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Combine<TWidth, TVector>(TVector x, TVector y)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct => TWidth.Add(x, y);
}

/// <summary>The larger of x and y, from -infinity. A NaN in y is passed over.</summary>
internal readonly struct LaneMaximum : ILaneOperator
{
    public static float Neutral => float.NegativeInfinity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Combine<TWidth, TVector>(TVector x, TVector y)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct => TWidth.SelectLess(x, y, y, x);
}

/// <summary>
/// Sixteen lanes of a reduction, whatever the CPU's registers hold: element i goes to lane i mod 16, in ascending order, lanes without an
/// element keep the neutral value, and at the end lane j joins lane j + 8, then j + 4, j + 2, j + 1. A row may come in pieces, all but
/// the last of them a multiple of 16 long.
/// </summary>
[InlineArray(Count)]
internal struct Lanes
{
    public const int Count = 16;

    private float _first;

    /// <summary>One row as a whole: its first <paramref name="length"/> elements; those behind them may be read, never used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Reduce<TOperator>(ReadOnlySpan<float> x, int length)
        where TOperator : struct, ILaneOperator
    {
        Unsafe.SkipInit(out Lanes lanes);
        lanes.Take<TOperator>(x, length, first: true);
        return lanes.Fold<TOperator>();
    }

    /// <summary>
    /// Takes the first <paramref name="length"/> elements of x in; the first piece of a row also gives every lane its value.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take<TOperator>(ReadOnlySpan<float> x, int length, bool first)
        where TOperator : struct, ILaneOperator
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, x.Length);
        ref var source = ref MemoryMarshal.GetReference(x);
        var full = length & -Count;
        if (length == full || full + Count <= x.Length)
        {
            Loop<TOperator>(ref source, length, first);
        }
        else
        {
            Loop<TOperator>(ref source, full, first);
            TakeLast<TOperator>(x[full..length]);
        }
    }

    /// <summary>The sixteen lanes as one value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float Fold<TOperator>()
        where TOperator : struct, ILaneOperator
    {
        ref var first = ref Unsafe.AsRef(in _first);
        var low = TOperator.Combine<Width128, Vector128<float>>(Vector128.LoadUnsafe(ref first), Vector128.LoadUnsafe(ref first, 8));
        var high = TOperator.Combine<Width128, Vector128<float>>(Vector128.LoadUnsafe(ref first, 4), Vector128.LoadUnsafe(ref first, 12));
        var four = TOperator.Combine<Width128, Vector128<float>>(low, high);
        var two = TOperator.Combine<Width128, Vector128<float>>(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 2, 3)));
        return TOperator.Combine<Width128, Vector128<float>>(two, Vector128.Shuffle(two, Vector128.Create(1, 1, 1, 1))).ToScalar();
    }

    // Less than sixteen elements at the very end of the memory: reading a whole group would leave it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void TakeLast<TOperator>(ReadOnlySpan<float> x)
        where TOperator : struct, ILaneOperator
    {
        var last = default(Lanes);
        x.CopyTo(last);
        Loop<TOperator>(ref last._first, x.Length, first: false);
    }

    /// <summary>Reads whole groups of sixteen; the last may be used in part.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Loop<TOperator>(ref float x, int length, bool first)
        where TOperator : struct, ILaneOperator
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Registers<TOperator, Width512, Vector512<float>>(ref x, length, first);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Registers<TOperator, Width256, Vector256<float>>(ref x, length, first);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            Registers<TOperator, Width128, Vector128<float>>(ref x, length, first);
        }
        else
        {
            Registers<TOperator, WidthScalar, float>(ref x, length, first);
        }
    }

    /// <summary>
    /// Lane by lane, as many at once as a register holds. A row is short and stays in the first cache, so passing over it again is cheap.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Registers<TOperator, TWidth, TVector>(ref float x, int length, bool first)
        where TOperator : struct, ILaneOperator
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        for (var lane = 0; lane < Count; lane += TWidth.Lanes)
        {
            ref var lanes = ref Unsafe.Add(ref _first, lane);
            var sum = first ? TWidth.Broadcast(TOperator.Neutral) : TWidth.Load(ref lanes);
            var i = lane;
            for (; i + TWidth.Lanes <= length; i += Count)
            {
                sum = TOperator.Combine<TWidth, TVector>(sum, TWidth.Load(ref Unsafe.Add(ref x, i)));
            }

            if (i < length)
            {
                var part = TWidth.KeepFirst(TWidth.Load(ref Unsafe.Add(ref x, i)), length - i, TWidth.Broadcast(TOperator.Neutral));
                sum = TOperator.Combine<TWidth, TVector>(sum, part);
            }

            TWidth.Store(sum, ref lanes);
        }
    }
}
