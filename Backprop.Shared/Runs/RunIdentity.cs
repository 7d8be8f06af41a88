using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Backprop.Shared.Runs;

/// <summary>
/// What makes two runs the same: the canonical run file, the decoded data, the initial weights that were handed in, and the numerics
/// version. Equal identities end in equal weights.
/// </summary>
public static class RunIdentity
{
    /// <summary>The identity: 64 lower-case hexadecimal digits of SHA-256.</summary>
    /// <param name="run">The run file.</param>
    /// <param name="dataHash">The hash of the decoded data.</param>
    /// <param name="initHash">The hash of the file with initial weights; empty where there is none.</param>
    public static string Compute(RunFile run, ReadOnlySpan<byte> dataHash, ReadOnlySpan<byte> initHash)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, Encoding.UTF8.GetBytes(run.ToCanonical()));
        Append(hash, dataHash);
        Append(hash, initHash);
        Span<byte> version = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(version, NumericsVersion.Current);
        Append(hash, version);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // Each part comes after its length, so that no two different lists of parts are the same bytes.
    private static void Append(IncrementalHash hash, ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, part.Length);
        hash.AppendData(length);
        hash.AppendData(part);
    }
}
