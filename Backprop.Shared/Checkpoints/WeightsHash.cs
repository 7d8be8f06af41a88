using System.Security.Cryptography;
using Backprop.Shared.Formats;
using Backprop.Shared.Models;

namespace Backprop.Shared.Checkpoints;

/// <summary>
/// The hash by which two runs are compared, <c>weightsSha256</c>: SHA-256 over all parameters, then all buffers, in order of declaration,
/// as little-endian float32, row-major. The gaps between parameters are no part of it.
/// </summary>
internal static class WeightsHash
{
    /// <summary>The hash, as 64 lowercase hexadecimal digits.</summary>
    public static string Compute(ParameterLayout layout, ReadOnlySpan<float> weights, IReadOnlyList<NamedTensor>? buffers = null)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var parameter in layout.Parameters)
        {
            Append(hash, weights.Slice(parameter.Start, parameter.Length));
        }

        foreach (var buffer in buffers ?? [])
        {
            Append(hash, buffer.Values.Span);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, ReadOnlySpan<float> values)
    {
        for (var i = 0; i < FloatBytes.Chunks(values.Length); i++)
        {
            hash.AppendData(FloatBytes.Chunk(values, i));
        }
    }
}
