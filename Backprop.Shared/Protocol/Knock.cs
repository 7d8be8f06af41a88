using System.Security.Cryptography;

namespace Backprop.Shared.Protocol;

/// <summary>
/// What a worker shows in the clear before TLS: that it has a ticket, but not the ticket. So no stranger costs a handshake, and who reads
/// the line has nothing.
/// </summary>
internal static class Knock
{
    /// <summary>How many bytes it is.</summary>
    public const int Bytes = 16;

    /// <summary>The knock of a ticket: of its SHA-256, the first bytes.</summary>
    public static byte[] Of(ReadOnlySpan<byte> ticket) => SHA256.HashData(ticket)[..Bytes];
}
