using System.Runtime.InteropServices;

namespace Backprop.Shared.Formats;

/// <summary>
/// Float32 values as the little-endian bytes that files and hashes hold, a chunk at a time: no second copy of a large tensor, and none
/// whose bytes pass two gigabytes in one span.
/// </summary>
internal static class FloatBytes
{
    /// <summary>A chunk: 1 MiB, which stays in the second-level cache between hashing and writing.</summary>
    public const int ChunkElements = 1 << 18;

    /// <summary>How many chunks hold the given number of values.</summary>
    public static int Chunks(int elements) => (int)(((long)elements + ChunkElements - 1) / ChunkElements);

    /// <summary>The bytes of a chunk, to be read.</summary>
    public static ReadOnlySpan<byte> Chunk(ReadOnlySpan<float> values, int chunk) =>
        MemoryMarshal.AsBytes(values[RangeOf(values.Length, chunk)]);

    /// <summary>The bytes of a chunk, to be filled.</summary>
    public static Span<byte> Chunk(Span<float> values, int chunk) => MemoryMarshal.AsBytes(values[RangeOf(values.Length, chunk)]);

    private static Range RangeOf(int length, int chunk)
    {
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("Backprop runs on little-endian machines only.");
        }

        var start = chunk * ChunkElements;
        return start..(start + Math.Min(ChunkElements, length - start));
    }
}
