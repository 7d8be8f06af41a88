using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Backprop.Shared.Data;

/// <summary>Names data by its content: SHA-256 over little-endian numbers with their counts before them.</summary>
internal static class DataHash
{
    /// <summary>The hash of the sources in order; null where one is missing.</summary>
    public static ImmutableArray<byte> Of(params ReadOnlySpan<DataSet?> sets)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, "backprop data 1");
        foreach (var set in sets)
        {
            Append(hash, set is null ? 0 : 1);
            if (set is not null)
            {
                Append(hash, set);
            }
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, DataSet set)
    {
        Append(hash, set.SampleShape.Rank);
        foreach (var size in set.SampleShape.Sizes)
        {
            Append(hash, size);
        }

        Append(hash, set.Count);
        Append(hash, MemoryMarshal.Cast<float, int>(set.Features));
        Append(hash, set.Labels.Length);
        Append(hash, set.Labels);
        Append(hash, set.TargetWidth);
        Append(hash, MemoryMarshal.Cast<float, int>(set.TargetValues));
        Append(hash, set.ClassNames.Count);
        foreach (var name in set.ClassNames)
        {
            Append(hash, name);
        }
    }

    private static void Append(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Append(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void Append(IncrementalHash hash, int value) => Append(hash, [value]);

    private static void Append(IncrementalHash hash, ReadOnlySpan<int> values)
    {
        if (BitConverter.IsLittleEndian)
        {
            hash.AppendData(MemoryMarshal.AsBytes(values));
            return;
        }

        var turned = new int[values.Length];
        BinaryPrimitives.ReverseEndianness(values, turned);
        hash.AppendData(MemoryMarshal.AsBytes(turned.AsSpan()));
    }
}
