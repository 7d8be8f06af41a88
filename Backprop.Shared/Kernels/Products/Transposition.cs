using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Backprop.Shared.Kernels.Products;

/// <summary>
/// Turns rows with k along them into a panel with k down it, sixteen k of sixteen (or twelve) rows at a time, in registers of 512 bits:
/// each line of memory is read and written once.
/// </summary>
internal static unsafe class Transposition
{
    private const int Lanes = 16;

    /// <summary>How far ahead along each row its lines are asked for: there are more rows than the hardware follows.</summary>
    private const int AskAhead = 64;

    private interface IRows
    {
        static abstract int Count { get; }
    }

    /// <summary>Writes a whole panel of 12 or 32 outputs, as far as k fills registers. Never changes a bit.</summary>
    /// <param name="source">The first output's first k.</param>
    /// <param name="stride">The distance from one output's row to the next.</param>
    /// <param name="count">How many outputs there are; a panel that is not full is not for here.</param>
    /// <param name="width">How many outputs the panel has.</param>
    /// <param name="panel"><c>[kCount, width]</c>; with 12 outputs, four floats behind what is written are spoilt.</param>
    /// <returns>How many k were done: a multiple of 16, or 0 where this processor or panel is another.</returns>
    public static int Panel(float* source, nint stride, int count, int kCount, int width, float* panel)
    {
        if (!Avx512F.IsSupported || count < width)
        {
            return 0;
        }

        var whole = kCount - (kCount % Lanes);
        if (width == Twelve.Count)
        {
            Rows<Twelve>(source, stride, whole, width, panel);
            return whole;
        }

        if (width != 2 * Sixteen.Count)
        {
            return 0;
        }

        Rows<Sixteen>(source, stride, whole, width, panel);
        Rows<Sixteen>(source + (Lanes * stride), stride, whole, width, panel + Lanes);
        return whole;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows<TRows>(float* source, nint stride, int length, int width, float* to)
        where TRows : struct, IRows
    {
        for (var k = 0; k < length; k += Lanes, source += Lanes, to += Lanes * width)
        {
            // Fours of rows: a register holds, for each lane of four k, one k of the four rows.
            Four(source, stride, out var a0, out var a1, out var a2, out var a3);
            Four(source + (4 * stride), stride, out var b0, out var b1, out var b2, out var b3);
            Four(source + (8 * stride), stride, out var c0, out var c1, out var c2, out var c3);
            Vector512<float> d0 = default, d1 = default, d2 = default, d3 = default;
            if (TRows.Count > 12)
            {
                Four(source + (12 * stride), stride, out d0, out d1, out d2, out d3);
            }

            Join<TRows>(a0, b0, c0, d0, to, width, false);
            Join<TRows>(a1, b1, c1, d1, to + width, width, false);
            Join<TRows>(a2, b2, c2, d2, to + (2 * width), width, false);
            Join<TRows>(a3, b3, c3, d3, to + (3 * width), width, true);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four(
        float* source,
        nint stride,
        out Vector512<float> k0,
        out Vector512<float> k1,
        out Vector512<float> k2,
        out Vector512<float> k3)
    {
        var (r0, r1) = (Load(source), Load(source + stride));
        var (r2, r3) = (Load(source + (2 * stride)), Load(source + (3 * stride)));
        var (low01, high01) = (Avx512F.UnpackLow(r0, r1).AsDouble(), Avx512F.UnpackHigh(r0, r1).AsDouble());
        var (low23, high23) = (Avx512F.UnpackLow(r2, r3).AsDouble(), Avx512F.UnpackHigh(r2, r3).AsDouble());
        k0 = Avx512F.UnpackLow(low01, low23).AsSingle();
        k1 = Avx512F.UnpackHigh(low01, low23).AsSingle();
        k2 = Avx512F.UnpackLow(high01, high23).AsSingle();
        k3 = Avx512F.UnpackHigh(high01, high23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Load(float* row)
    {
        Sse.Prefetch1(row + AskAhead);
        return Vector512.Load(row);
    }

    /// <summary>Puts the fours of rows together: the outputs of k, k + 4, k + 8 and k + 12.</summary>
    /// <param name="exact">The rows that follow are written already: not a float too much.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Join<TRows>(
        Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* to, int width, bool exact)
        where TRows : struct, IRows
    {
        var (even01, odd01) = (Avx512F.Shuffle4x128(a, b, 0x88), Avx512F.Shuffle4x128(a, b, 0xDD));
        var (even23, odd23) = (Avx512F.Shuffle4x128(c, d, 0x88), Avx512F.Shuffle4x128(c, d, 0xDD));
        Store<TRows>(Avx512F.Shuffle4x128(even01, even23, 0x88), to, exact);
        Store<TRows>(Avx512F.Shuffle4x128(odd01, odd23, 0x88), to + (4 * width), exact);
        Store<TRows>(Avx512F.Shuffle4x128(even01, even23, 0xDD), to + (8 * width), exact);
        Store<TRows>(Avx512F.Shuffle4x128(odd01, odd23, 0xDD), to + (12 * width), false);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TRows>(Vector512<float> outputs, float* to, bool exact)
        where TRows : struct, IRows
    {
        if (TRows.Count == Lanes || !exact)
        {
            outputs.Store(to);
            return;
        }

        outputs.GetLower().Store(to);
        outputs.GetUpper().GetLower().Store(to + 8);
    }

    private readonly struct Twelve : IRows
    {
        public static int Count => 12;
    }

    private readonly struct Sixteen : IRows
    {
        public static int Count => 16;
    }
}
