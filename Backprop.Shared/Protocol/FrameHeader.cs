using System.Buffers.Binary;

namespace Backprop.Shared.Protocol;

/// <summary>
/// The first bytes of a frame; all integers are little-endian.
/// <code>
///  0  4  magic "BPR1"
///  4  1  kind
///  5  1  reserved, 0
///  6  2  envelope length E
///  8  4  payload length P
/// 12  4  CRC32C of bytes 0 to 11 and the envelope
/// 16  E  envelope, Protobuf
///     P  payload, raw
///     5  only where P > 0: a state byte (0 whole, 1 void) and CRC32C of payload and state byte (of the state byte alone where void)
/// </code>
/// </summary>
internal readonly record struct FrameHeader(FrameKind Kind, int EnvelopeLength, int PayloadLength, uint Checksum)
{
    /// <summary>Reads a header's 16 bytes and refuses what the limits do not allow, before anything is made of its lengths.</summary>
    public static FrameHeader Read(ReadOnlySpan<byte> bytes, FrameLimits limits)
    {
        CheckMagic(bytes[..4]);
        var kind = bytes[4];
        if (kind is < (byte)FrameKind.Refusal or > (byte)FrameKind.Secure)
        {
            throw new ProtocolException($"The other side sent a frame of the unknown kind {kind}.");
        }

        if (bytes[5] != 0)
        {
            throw new ProtocolException($"The other side sent a frame whose reserved byte is {bytes[5]}, not 0.");
        }

        var envelope = BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]);
        var payload = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        limits.Check((FrameKind)kind, envelope, payload);
        return new FrameHeader((FrameKind)kind, envelope, (int)payload, BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]));
    }

    /// <summary>
    /// Refuses a stranger by the first bytes that have come, one to four of them: a browser need not send a whole header to be known.
    /// </summary>
    public static void CheckMagic(ReadOnlySpan<byte> start)
    {
        Span<byte> magic = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(magic, FrameFormat.Magic);
        if (!start.SequenceEqual(magic[..start.Length]))
        {
            throw new ProtocolException(NotOurs(start));
        }
    }

    /// <summary>Writes header and envelope checksum in front of an envelope that already lies behind the header's place.</summary>
    /// <param name="frame">The header's place and the envelope.</param>
    public static void Write(Span<byte> frame, FrameKind kind, int envelopeLength, int payloadLength)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame, FrameFormat.Magic);
        frame[4] = (byte)kind;
        frame[5] = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(frame[6..], (ushort)envelopeLength);
        BinaryPrimitives.WriteInt32LittleEndian(frame[8..], payloadLength);
        var envelope = frame.Slice(FrameFormat.HeaderBytes, envelopeLength);
        var checksum = Crc32C.Append(Crc32C.Append(0, frame[..FrameFormat.CheckedHeaderBytes]), envelope);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[12..], checksum);
    }

    private static string NotOurs(ReadOnlySpan<byte> start)
    {
        if (start.Length >= 2 && start[0] == 0x16 && start[1] == 0x03)
        {
            return "The other side began a TLS handshake; a link begins with a frame of Backprop's protocol.";
        }

        foreach (var verb in (ReadOnlySpan<string>)["GET ", "POST", "HEAD", "PUT ", "OPTI", "CONN", "PRI "])
        {
            if (start.Length == 4 && start[0] == verb[0] && start[1] == verb[1] && start[2] == verb[2] && start[3] == verb[3])
            {
                return "The other side sent an HTTP request; this is the port of the workers.";
            }
        }

        return $"The other side does not speak Backprop's protocol: its first bytes are {Convert.ToHexString(start)}.";
    }
}
