using System.Buffers.Binary;
using Backprop.Shared.Primitives;
using Backprop.Shared.Tensors;

namespace Backprop.Shared.Data.Files;

/// <summary>
/// An array in the IDX format of MNIST: two zero bytes, the element type, the rank, the sizes as big-endian 32-bit integers, and the
/// elements, big-endian too. What the header promises is compared with the file before memory is taken.
/// </summary>
/// <param name="Sizes">The sizes, the samples first.</param>
/// <param name="Values">The elements in float32, row-major.</param>
internal sealed record IdxFile(int[] Sizes, float[] Values)
{
    private const int RankMax = 4;

    // Deflate packs 1032 bytes into one at best, so a gzip file cannot hold more than this times its length.
    private const uint PackingMax = 1032;

    /// <summary>Whether a file that starts so may be IDX: a CSV file has no zero bytes.</summary>
    public static bool Matches(ReadOnlySpan<byte> start) => start.Length >= 2 && start[0] == 0 && start[1] == 0;

    /// <summary>The sizes of all dimensions but the first.</summary>
    public Shape SampleShape() => Sizes.Length == 1 ? new Shape(1) : new Shape(Sizes.AsSpan(1));

    /// <summary>Reads a whole file.</summary>
    public static IdxFile Read(DataFile file)
    {
        Span<byte> magic = stackalloc byte[4];
        var got = file.ReadAll(magic);
        if (got < 4 || !Matches(magic) || ElementBytes(magic[2]) == 0 || magic[3] is 0 or > RankMax)
        {
            var start = got == 0 ? "is empty" : $"starts with 0x{Convert.ToHexString(magic[..got])}";
            throw file.Fault($"is no IDX file (it {start}); name one, or another kind of source");
        }

        var (type, sizes) = (magic[2], ReadSizes(file, magic[3]));
        var elements = CheckSizes(file, type, sizes);
        Bytes.Require(file.Path, elements);
        var values = new float[elements];
        ReadValues(file, type, values);
        Span<byte> more = stackalloc byte[1];
        return file.Read(more) == 0
            ? new IdxFile(sizes, values)
            : throw file.Fault($"is longer than its header of {new Shape(sizes)} says; fetch it again");
    }

    private static int[] ReadSizes(DataFile file, int rank)
    {
        Span<byte> header = stackalloc byte[4 * RankMax];
        header = header[..(4 * rank)];
        if (file.ReadAll(header) < header.Length)
        {
            throw file.Fault("is cut off in its header; fetch it again");
        }

        var sizes = new int[rank];
        for (var dimension = 0; dimension < rank; dimension++)
        {
            var size = BinaryPrimitives.ReadUInt32BigEndian(header[(4 * dimension)..]);
            sizes[dimension] = size is > 0 and <= int.MaxValue
                ? (int)size
                : throw file.Fault($"says in its header that dimension {dimension} has size {size}; fetch it again");
        }

        return sizes;
    }

    private static long CheckSizes(DataFile file, byte type, int[] sizes)
    {
        UInt128 elements = 1;
        foreach (var size in sizes)
        {
            elements *= (uint)size;
        }

        var needed = (elements * (UInt128)ElementBytes(type)) + (UInt128)(4 + (4 * sizes.Length));
        var has = (UInt128)file.StoredBytes * (file.IsPacked ? PackingMax : 1);
        if (needed > has)
        {
            var packed = file.IsPacked ? " packed" : "";
            throw file.Fault(
                $"is cut off: its header says {new Shape(sizes)}, {needed} bytes, but it has {file.StoredBytes}{packed}; fetch it again");
        }

        return (long)elements;
    }

    private static void ReadValues(DataFile file, byte type, Span<float> values)
    {
        var bytes = ElementBytes(type);
        var block = new byte[64 << 10];
        for (var done = 0; done < values.Length;)
        {
            var count = Math.Min(block.Length / bytes, values.Length - done);
            var raw = block.AsSpan(0, count * bytes);
            if (file.ReadAll(raw) < raw.Length)
            {
                throw file.Fault("is cut off: it has fewer values than its header says; fetch it again");
            }

            Convert32(type, raw, values.Slice(done, count));
            done += count;
        }

        var odd = type >= 0x0D ? Finite.FirstThatIsNot(values) : -1;
        if (odd >= 0)
        {
            throw file.Fault($"has a value that is not finite in float32, the {odd + 1}th; correct it or leave the sample out");
        }
    }

    private static void Convert32(byte type, ReadOnlySpan<byte> from, Span<float> to)
    {
        if (type == 0x08)
        {
            // Images: a loop of their own, since they are most of what is read.
            for (var i = 0; i < to.Length; i++)
            {
                to[i] = from[i];
            }

            return;
        }

        for (var i = 0; i < to.Length; i++)
        {
            to[i] = type switch
            {
                0x09 => (sbyte)from[i],
                0x0B => BinaryPrimitives.ReadInt16BigEndian(from[(2 * i)..]),
                0x0C => BinaryPrimitives.ReadInt32BigEndian(from[(4 * i)..]),
                0x0D => BinaryPrimitives.ReadSingleBigEndian(from[(4 * i)..]),
                _ => (float)BinaryPrimitives.ReadDoubleBigEndian(from[(8 * i)..]),
            };
        }
    }

    /// <summary>The size of an element of a type; 0 for an unknown one.</summary>
    private static int ElementBytes(byte type) => type switch { 0x08 or 0x09 => 1, 0x0B => 2, 0x0C or 0x0D => 4, 0x0E => 8, _ => 0 };
}
