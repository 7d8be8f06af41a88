using System.Runtime.CompilerServices;

namespace Backprop.Shared.Kernels.Products;

/// <summary>
/// The innermost part of every matrix product: one tile of outputs in registers. Each output is one chain of fused multiply-adds over
/// ascending k, from +0.0 or from what an earlier block of k stored; chains of several segments are folded as left + right while the
/// tile is hot. One body: the compiler drops the rows and columns that a <see cref="ITile"/> does not have.
/// </summary>
/// <remarks>Letters: c = a · b; b is [k, vectors · lanes], packed without gaps; a0 to a11 below are the rows' first accumulators, b0 to
/// b11 their second.</remarks>
internal static unsafe class TileKernel<TWidth, TVector, TTile>
    where TWidth : struct, IWidth<TVector>
    where TVector : struct
    where TTile : struct, ITile
{
    /// <summary>Computes one full tile.</summary>
    /// <param name="a">The first row's first element of a.</param>
    /// <param name="rowStride">The distance between its rows: 1 where a is packed.</param>
    /// <param name="step">The distance from one k to the next: the tile's rows where a is packed, 1 where it lies as it is.</param>
    /// <param name="b">The packed columns of b: for each k, the registers of a row.</param>
    /// <param name="c">The tile's first output.</param>
    /// <param name="ahead">What is asked for while this tile is computed.</param>
    /// <param name="stride">The distance between rows of c.</param>
    /// <param name="segments">The chains that k is cut into.</param>
    /// <param name="carry">True where the first chain continues from what c holds.</param>
    /// <param name="stack">Room for the chains that wait to be folded: a tile each.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(
        float* a, nint rowStride, nint step, float* b, float* c, in TilePrefetch ahead, nint stride, Segments segments, bool carry,
        float* stack)
    {
        TVector a0 = default, b0 = default;
        TVector a1 = default, b1 = default;
        TVector a2 = default, b2 = default;
        TVector a3 = default, b3 = default;
        TVector a4 = default, b4 = default;
        TVector a5 = default, b5 = default;
        TVector a6 = default, b6 = default;
        TVector a7 = default, b7 = default;
        TVector a8 = default, b8 = default;
        TVector a9 = default, b9 = default;
        TVector a10 = default, b10 = default;
        TVector a11 = default, b11 = default;
        var (rowStride2, rowStride3) = (2 * rowStride, 3 * rowStride);
        float* fourth = a + (4 * rowStride), eighth = a + (8 * rowStride);
        float* soonA = ahead.A, soonC = ahead.C;
        var (lines, lineStride, lineStep) = (ahead.Lines, ahead.LineStride, ahead.LineStep);
        var near = ahead.Near;
        var rowsToAskFor = TTile.Rows;
        for (var segment = 0; segment < segments.Count; segment++)
        {
            if (carry && segment == 0)
            {
                Load(c + (0 * stride), ref a0, ref b0);
                Load(c + (1 * stride), ref a1, ref b1);
                Load(c + (2 * stride), ref a2, ref b2);
                Load(c + (3 * stride), ref a3, ref b3);
                Load(c + (4 * stride), ref a4, ref b4);
                Load(c + (5 * stride), ref a5, ref b5);
                if (TTile.Rows > 6)
                {
                    Load(c + (6 * stride), ref a6, ref b6);
                    Load(c + (7 * stride), ref a7, ref b7);
                    Load(c + (8 * stride), ref a8, ref b8);
                    Load(c + (9 * stride), ref a9, ref b9);
                    Load(c + (10 * stride), ref a10, ref b10);
                    Load(c + (11 * stride), ref a11, ref b11);
                }
            }
            else
            {
                var zero = TWidth.Broadcast(0f);
                a0 = b0 = zero;
                a1 = b1 = zero;
                a2 = b2 = zero;
                a3 = b3 = zero;
                a4 = b4 = zero;
                a5 = b5 = zero;
                if (TTile.Rows > 6)
                {
                    a6 = b6 = zero;
                    a7 = b7 = zero;
                    a8 = b8 = zero;
                    a9 = b9 = zero;
                    a10 = b10 = zero;
                    a11 = b11 = zero;
                }
            }

            for (var left = segments.Lengths[segment]; left > 0; left -= TilePrefetch.Chunk)
            {
                if (rowsToAskFor > 0)
                {
                    TilePrefetch.AskForOutputs(soonC, TTile.Vectors * TWidth.Lanes);
                    soonC += ahead.CStride;
                    rowsToAskFor--;
                }

                TilePrefetch.AskForLines(soonA, lines, lineStride);
                soonA += lineStep;
                for (var k = Math.Min(left, TilePrefetch.Chunk); k > 0; k--)
                {
                    TilePrefetch.AskForNear(a + near);
                    var x = TWidth.Load(ref *b);
                    var y = TTile.Vectors > 1 ? TWidth.Load(ref *(b + TWidth.Lanes)) : x;
                    b += TTile.Vectors * TWidth.Lanes;
                    Row(*a, x, y, ref a0, ref b0);
                    Row(*(a + rowStride), x, y, ref a1, ref b1);
                    Row(*(a + rowStride2), x, y, ref a2, ref b2);
                    Row(*(a + rowStride3), x, y, ref a3, ref b3);
                    Row(*fourth, x, y, ref a4, ref b4);
                    Row(*(fourth + rowStride), x, y, ref a5, ref b5);
                    if (TTile.Rows > 6)
                    {
                        Row(*(fourth + rowStride2), x, y, ref a6, ref b6);
                        Row(*(fourth + rowStride3), x, y, ref a7, ref b7);
                        Row(*eighth, x, y, ref a8, ref b8);
                        Row(*(eighth + rowStride), x, y, ref a9, ref b9);
                        Row(*(eighth + rowStride2), x, y, ref a10, ref b10);
                        Row(*(eighth + rowStride3), x, y, ref a11, ref b11);
                    }

                    a += step;
                    fourth += step;
                    eighth += step;
                }
            }

            for (var fold = segments.Folds[segment]; fold > 0; fold--)
            {
                stack -= TTile.Rows * TTile.Vectors * TWidth.Lanes;
                Add(stack + (0 * TTile.Vectors * TWidth.Lanes), ref a0, ref b0);
                Add(stack + (1 * TTile.Vectors * TWidth.Lanes), ref a1, ref b1);
                Add(stack + (2 * TTile.Vectors * TWidth.Lanes), ref a2, ref b2);
                Add(stack + (3 * TTile.Vectors * TWidth.Lanes), ref a3, ref b3);
                Add(stack + (4 * TTile.Vectors * TWidth.Lanes), ref a4, ref b4);
                Add(stack + (5 * TTile.Vectors * TWidth.Lanes), ref a5, ref b5);
                if (TTile.Rows > 6)
                {
                    Add(stack + (6 * TTile.Vectors * TWidth.Lanes), ref a6, ref b6);
                    Add(stack + (7 * TTile.Vectors * TWidth.Lanes), ref a7, ref b7);
                    Add(stack + (8 * TTile.Vectors * TWidth.Lanes), ref a8, ref b8);
                    Add(stack + (9 * TTile.Vectors * TWidth.Lanes), ref a9, ref b9);
                    Add(stack + (10 * TTile.Vectors * TWidth.Lanes), ref a10, ref b10);
                    Add(stack + (11 * TTile.Vectors * TWidth.Lanes), ref a11, ref b11);
                }
            }

            var last = segment == segments.Count - 1;
            var to = last ? c : stack;
            var toStride = last ? stride : TTile.Vectors * TWidth.Lanes;
            Store(a0, b0, to + (0 * toStride));
            Store(a1, b1, to + (1 * toStride));
            Store(a2, b2, to + (2 * toStride));
            Store(a3, b3, to + (3 * toStride));
            Store(a4, b4, to + (4 * toStride));
            Store(a5, b5, to + (5 * toStride));
            if (TTile.Rows > 6)
            {
                Store(a6, b6, to + (6 * toStride));
                Store(a7, b7, to + (7 * toStride));
                Store(a8, b8, to + (8 * toStride));
                Store(a9, b9, to + (9 * toStride));
                Store(a10, b10, to + (10 * toStride));
                Store(a11, b11, to + (11 * toStride));
            }

            stack += TTile.Rows * TTile.Vectors * TWidth.Lanes;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row(float a, TVector x, TVector y, ref TVector first, ref TVector second)
    {
        var element = TWidth.Broadcast(a);
        first = TWidth.FusedMultiplyAdd(element, x, first);
        if (TTile.Vectors > 1)
        {
            second = TWidth.FusedMultiplyAdd(element, y, second);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(float* row, ref TVector first, ref TVector second)
    {
        first = TWidth.Load(ref *row);
        if (TTile.Vectors > 1)
        {
            second = TWidth.Load(ref *(row + TWidth.Lanes));
        }
    }

    /// <summary>node = left + right: what waited is the left side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float* left, ref TVector first, ref TVector second)
    {
        first = TWidth.Add(TWidth.Load(ref *left), first);
        if (TTile.Vectors > 1)
        {
            second = TWidth.Add(TWidth.Load(ref *(left + TWidth.Lanes)), second);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TVector first, TVector second, float* row)
    {
        TWidth.Store(first, ref *row);
        if (TTile.Vectors > 1)
        {
            TWidth.Store(second, ref *(row + TWidth.Lanes));
        }
    }
}
