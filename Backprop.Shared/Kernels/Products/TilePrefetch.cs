using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Backprop.Shared.Kernels.Products;

/// <summary>
/// What a tile asks the caches for while it computes: with each k what it needs itself <see cref="NearChunks"/> chunks later, and with each
/// <see cref="Chunk"/> of k a row of the next tile's outputs and a share of the next strip's a. Asked for all at once they would fill the
/// processor's miss buffers, and the tile would wait for them; where two units multiply a whole register each, that costs some percent.
/// </summary>
internal readonly unsafe struct TilePrefetch
{
    /// <summary>How many k are computed between two askings: their elements of a row of a are one cache line.</summary>
    public const int Chunk = 16;

    /// <summary>How many chunks ahead the tile's own a is asked for: it was pushed out of the nearest cache by b.</summary>
    private const int NearChunks = 2;

    /// <summary>How far ahead of a that is; 0 where a lies as it is, in rows that the hardware follows.</summary>
    public nint Near { get; private init; }

    /// <summary>The next tile's first output.</summary>
    public float* C { get; private init; }

    /// <summary>The distance between its rows.</summary>
    public nint CStride { get; private init; }

    /// <summary>The first line of the share.</summary>
    public float* A { get; private init; }

    /// <summary>How many lines of it are asked for at once.</summary>
    public int Lines { get; private init; }

    /// <summary>The distance between those lines.</summary>
    public nint LineStride { get; private init; }

    /// <summary>How far the lines move from one chunk to the next.</summary>
    public nint LineStep { get; private init; }

    /// <summary>What the tile of a strip asks for.</summary>
    /// <param name="a">The next strip's first element of a.</param>
    /// <param name="rowStride">The distance between its rows.</param>
    /// <param name="step">The distance from one k to the next: 1 where a lies as it is.</param>
    /// <param name="rows">How many rows a strip has.</param>
    /// <param name="depth">How many k it has.</param>
    /// <param name="tile">Which of the strip's tiles it is.</param>
    /// <param name="tiles">How many there are: each asks for its share.</param>
    /// <param name="c">The next tile's first output.</param>
    /// <param name="cStride">The distance between its rows.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TilePrefetch Of(float* a, nint rowStride, nint step, int rows, int depth, int tile, int tiles, float* c, nint cStride)
    {
        if (step == 1)
        {
            // Some of the rows, along k.
            var (first, end) = (rows * tile / tiles, rows * (tile + 1) / tiles);
            return new TilePrefetch
            {
                C = c,
                CStride = cStride,
                A = a + (first * rowStride),
                Lines = end - first,
                LineStride = rowStride,
                LineStep = Chunk,
            };
        }

        // A stretch of the packed panel; of many tiles, the first ones ask for all of it.
        var lines = (rows + tiles - 1) / tiles;
        var chunks = (depth + Chunk - 1) / Chunk;
        return new TilePrefetch
        {
            Near = NearChunks * Chunk * step,
            C = c,
            CStride = cStride,
            A = a + ((nint)tile * lines * chunks * Chunk),
            Lines = tile * lines < rows ? lines : 0,
            LineStride = Chunk,
            LineStep = lines * Chunk,
        };
    }

    /// <summary>Asks for one line of a: into the nearest cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AskForNear(float* line)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(line);
        }
    }

    /// <summary>Asks for one row of outputs: into the nearest cache.</summary>
    /// <param name="width">How many floats it has.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AskForOutputs(float* row, int width)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(row);
            Sse.Prefetch0(row + width - 1);
        }
    }

    /// <summary>Asks for some lines of a: into the second cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AskForLines(float* line, int lines, nint stride)
    {
        if (Sse.IsSupported)
        {
            for (; lines > 0; lines--, line += stride)
            {
                Sse.Prefetch1(line);
            }
        }
    }
}
