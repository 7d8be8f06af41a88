using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Backprop.Shared.Kernels;

/// <summary>
/// destination[r, i] = f(x[r, i], y[r]): a row against its own number. Element by element, so the way through the rows is free; it
/// differs by width because a row of ten fills no register.
/// </summary>
internal static class RowTraversal
{
    private const int LongRow = 64;
    private const int ChunkElements = 1024;

    /// <summary>Shapes: x and destination <c>[rows, width]</c>, which may be the same memory; y <c>[rows]</c>.</summary>
    public static void Binary<TOperator>(TOperator op, ReadOnlySpan<float> x, ReadOnlySpan<float> y, int width, Span<float> destination)
        where TOperator : struct, IBinaryOperator
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(y.Length * width, x.Length, nameof(x));
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, x.Length, nameof(destination));
        if (width >= LongRow)
        {
            for (var row = 0; row < y.Length; row++)
            {
                var start = row * width;
                Traversal.Unary(new Bound<TOperator>(op, y[row]), x.Slice(start, width), destination.Slice(start, width));
            }
        }
        else
        {
            ShortRows(op, x, y, width, destination);
        }
    }

    // The numbers are spread out as wide as their rows; then whole chunks are one long row.
    [SkipLocalsInit]
    private static void ShortRows<TOperator>(TOperator op, ReadOnlySpan<float> x, ReadOnlySpan<float> y, int width, Span<float> destination)
        where TOperator : struct, IBinaryOperator
    {
        Span<float> spread = stackalloc float[ChunkElements + Vector256<float>.Count];
        ref var target = ref MemoryMarshal.GetReference(spread);
        var rowsPerChunk = width == 0 ? 1 : ChunkElements / width;
        for (var row = 0; row < y.Length; row += rowsPerChunk)
        {
            var rows = Math.Min(rowsPerChunk, y.Length - row);
            for (var i = 0; i < rows; i++)
            {
                // A row's last store may reach into the next row, which then writes its own.
                var value = Vector256.Create(y[row + i]);
                for (var column = 0; column < width; column += Vector256<float>.Count)
                {
                    value.StoreUnsafe(ref target, (nuint)((i * width) + column));
                }
            }

            var (start, length) = (row * width, rows * width);
            Traversal.Binary(op, x.Slice(start, length), spread[..length], destination.Slice(start, length));
        }
    }

    private readonly struct Bound<TOperator>(TOperator op, float y) : IUnaryOperator
        where TOperator : struct, IBinaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Apply<TWidth, TVector>(TVector x)
            where TWidth : struct, IWidth<TVector>
            where TVector : struct => op.Apply<TWidth, TVector>(x, TWidth.Broadcast(y));
    }
}
