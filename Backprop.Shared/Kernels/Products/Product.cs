using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Backprop.Shared.Kernels.Products;

/// <summary>
/// A matrix product c[m, n] = sum over k of a(m, k) · b(n, k), blocked for the caches and packed for the
/// <see cref="TileKernel{TWidth, TVector, TTile}"/>. a is packed once per band of rows; b in blocks that stay in the second-level cache
/// while all rows pass over them, so the larger factor (the weights) is read once. Blocks and tiles cut outputs, and k only where a
/// chain is carried on from what it stored: they never change a bit.
/// </summary>
internal static unsafe class Product
{
    /// <summary>The longest stretch of k that one pass over a block takes: a panel of a then stays in the first-level cache.</summary>
    private const int DepthMax = 512;

    /// <summary>How many floats a packed block of b may have: half a megabyte, half of a common second-level cache.</summary>
    private const int BlockFloats = 128 * 1024;

    /// <summary>How many floats a packed band of a may have: 8 MiB, part of a common third-level cache.</summary>
    private const int BandFloats = 2 * 1024 * 1024;

    /// <summary>
    /// How many floats of scratch memory a product needs on each thread. Enough for every smaller product too: fewer rows, columns or k.
    /// </summary>
    /// <param name="k">The whole length of k.</param>
    /// <param name="segmented">True where k is cut into segments: then it is never blocked.</param>
    public static int WorkspaceFloats(int m, int n, int k, bool segmented)
    {
        var depth = segmented ? k : Math.Min(k, DepthMax);
        var band = Math.Min(RoundUp(m, RowAlignment) * (long)k, Math.Max(BandFloats, RowAlignment * (long)k));
        var block = Math.Min(RoundUp(n, ColumnAlignment) * (long)depth, Math.Max(BlockFloats, ColumnAlignment * (long)depth));
        return checked((int)(StackFloats + block + Line + band + Line));
    }

    /// <summary>Room for the chains that wait to be folded (33 levels are more than any tree has) and for one tile at an edge.</summary>
    private const int StackFloats = 34 * 12 * 32;

    /// <summary>Floats of a cache line; as many behind the band may be written while it is packed.</summary>
    private const int Line = 16;

    /// <summary>Parts of columns begin at multiples of this: a whole cache line, and a whole tile of the widest register.</summary>
    public const int ColumnAlignment = 32;

    /// <summary>Parts of rows begin at multiples of this: the tallest tile.</summary>
    public const int RowAlignment = 12;

    /// <summary>Computes the product with the widest registers there are.</summary>
    public static void Run<TStore>(in ProductCall call)
        where TStore : struct, IProductStore
    {
        if (call.Rows == 0 || call.Columns == 0 || call.Segments.Count == 0)
        {
            return;
        }

        if (Vector512.IsHardwareAccelerated)
        {
            if (call.Columns <= 16)
            {
                Blocked<TStore, Width512, Vector512<float>, Tile12x1>(call);
            }
            else
            {
                Blocked<TStore, Width512, Vector512<float>, Tile12x2>(call);
            }
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            if (call.Columns <= 8)
            {
                Blocked<TStore, Width256, Vector256<float>, Tile6x1>(call);
            }
            else
            {
                Blocked<TStore, Width256, Vector256<float>, Tile6x2>(call);
            }
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            Blocked<TStore, Width128, Vector128<float>, Tile6x2>(call);
        }
        else
        {
            Blocked<TStore, WidthScalar, float, Tile6x2>(call);
        }
    }

    /// <summary>
    /// True where whole tiles of a are read where they are: k runs along the rows, and a tile's rows are not so far apart that they
    /// push each other out of the first-level cache, as rows of a multiple of its 4 KiB do unless they follow each other without a gap.
    /// </summary>
    private static bool LiesWell(in Operand a, int k) => a.Along && (a.Stride % 1024 != 0 || (a.Stride == k && k <= DepthMax));

    /// <summary>Rows of a band: as many as fit, the bands about equal, because each one packs all of b.</summary>
    private static int BandRows(int m, int k)
    {
        var most = Math.Max(RowAlignment, BandFloats / k / RowAlignment * RowAlignment);
        var bands = (m + most - 1) / most;
        return RoundUp((m + bands - 1) / bands, RowAlignment);
    }

    private static int BlockColumns(int n, int depth) =>
        Math.Min(RoundUp(n, ColumnAlignment), Math.Max(ColumnAlignment, BlockFloats / depth / ColumnAlignment * ColumnAlignment));

    private static int RoundUp(int value, int alignment) => (value + alignment - 1) / alignment * alignment;

    private static void Blocked<TStore, TWidth, TVector, TTile>(in ProductCall call)
        where TStore : struct, IProductStore
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
        where TTile : struct, ITile
    {
        var k = 0;
        for (var segment = 0; segment < call.Segments.Count; segment++)
        {
            k += call.Segments.Lengths[segment];
        }

        // A segmented chain is never cut: its folds happen inside the tile.
        var depthMax = call.Segments.Count > 1 ? k : Math.Min(k, DepthMax);
        var bandRows = BandRows(call.Rows, k);
        var blockColumns = BlockColumns(call.Columns, depthMax);
        var stack = call.Workspace;

        // The block begins at a cache line, so that no register of it straddles two.
        var packedB = stack + StackFloats;
        var packedA = packedB + RoundUp(blockColumns * depthMax, Line);
        var end = call.ColumnFirst + call.Columns;
        for (var band = 0; band < call.Rows; band += bandRows)
        {
            var rows = Math.Min(bandRows, call.Rows - band);
            var inPlace = LiesWell(call.A, k) ? rows / TTile.Rows * TTile.Rows : 0;
            Packing.Panels(call.A, band + inPlace, rows - inPlace, 0, k, TTile.Rows, packedA + ((nint)inPlace * k));
            for (var block = call.ColumnFirst; block < end; block += blockColumns)
            {
                var columns = Math.Min(blockColumns, end - block);
                for (var depth = 0; depth < k; depth += depthMax)
                {
                    var length = Math.Min(depthMax, k - depth);
                    Packing.Panels(call.B, block, columns, depth, length, TTile.Vectors * TWidth.Lanes, packedB);
                    var folds = 0;
                    var chains = call.Segments.Count > 1 ? call.Segments : new Segments(&length, &folds, 1);
                    for (var row = 0; row < rows; row += TTile.Rows)
                    {
                        var height = Math.Min(TTile.Rows, rows - row);
                        var direct = row < inPlace;
                        var panel = direct
                            ? call.A.Data + ((band + row) * call.A.Stride) + depth
                            : packedA + ((nint)row * k) + ((nint)depth * TTile.Rows);
                        var (rowStride, step) = direct ? (call.A.Stride, (nint)1) : ((nint)1, TTile.Rows);
                        var nextPanel = panel + (TTile.Rows * (direct ? call.A.Stride : k));
                        var c = call.C + ((band + row) * call.Stride) + block;
                        Strip<TWidth, TVector, TTile>(
                            panel, nextPanel, rowStride, step, packedB, c, call.Stride, height, columns, length, chains, depth > 0, stack);
                        if (TStore.Changes && depth + length == k)
                        {
                            var side = call.Side + ((band + row) * call.SideStride) + block;
                            Finish<TStore>(c, call.Stride, side, call.SideStride, height, columns);
                        }
                    }
                }
            }
        }
    }

    /// <summary>One panel of a against every panel of b in the block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Strip<TWidth, TVector, TTile>(
        float* a,
        float* nextA,
        nint rowStride,
        nint step,
        float* b,
        float* c,
        nint stride,
        int height,
        int columns,
        int depth,
        Segments segments,
        bool carry,
        float* stack)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
        where TTile : struct, ITile
    {
        var width = TTile.Vectors * TWidth.Lanes;
        var below = c + (TTile.Rows * stride);
        for (var column = 0; column < columns; column += width, b += (nint)width * depth, c += width)
        {
            var count = Math.Min(width, columns - column);
            var next = column + width < columns ? c + width : below;
            var (index, tiles) = (column / width, (columns + width - 1) / width);
            var ahead = TilePrefetch.Of(nextA, rowStride, step, TTile.Rows, depth, index, tiles, next, stride);
            if (height == TTile.Rows && count == width)
            {
                TileKernel<TWidth, TVector, TTile>.Run(a, rowStride, step, b, c, ahead, stride, segments, carry, stack);
                continue;
            }

            // At an edge the tile is computed whole beside the matrix, and what is inside is copied.
            var tile = stack + (33 * 12 * 32);
            if (carry)
            {
                CopyRows(c, stride, tile, width, height, count);
            }

            TileKernel<TWidth, TVector, TTile>.Run(a, rowStride, step, b, tile, ahead, width, segments, carry, stack);
            CopyRows(tile, width, c, stride, height, count);
        }
    }

    private static void CopyRows(float* from, nint fromStride, float* to, nint toStride, int rows, int columns)
    {
        for (var row = 0; row < rows; row++)
        {
            new ReadOnlySpan<float>(from + (row * fromStride), columns).CopyTo(new Span<float>(to + (row * toStride), columns));
        }
    }

    private static void Finish<TStore>(float* c, nint stride, float* side, nint sideStride, int rows, int columns)
        where TStore : struct, IProductStore
    {
        for (var row = 0; row < rows; row++)
        {
            var values = new Span<float>(c + (row * stride), columns);
            Traversal.Binary(default(StoreOperator<TStore>), values, new ReadOnlySpan<float>(side + (row * sideStride), columns), values);
        }
    }

    private readonly struct StoreOperator<TStore> : IBinaryOperator
        where TStore : struct, IProductStore
    {
        public TVector Apply<TWidth, TVector>(TVector x, TVector y)
            where TWidth : struct, IWidth<TVector>
            where TVector : struct => TStore.Apply<TWidth, TVector>(x, y);
    }
}
