using System.IO.Compression;
using System.Text;

namespace Backprop.Tests.Shared.Data;

/// <summary>What a gzip file holds.</summary>
internal static class Gzip
{
    public static byte[] Pack(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            gzip.Write(content);
        }

        return packed.ToArray();
    }

    public static byte[] Pack(string content) => Pack(Encoding.UTF8.GetBytes(content));
}
