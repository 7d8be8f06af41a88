using System.Buffers.Binary;

namespace Backprop.Shared.Protocol;

/// <summary>What follows a payload: whether it is whole or void, and the checksum of both.</summary>
internal static class FrameTrailer
{
    /// <param name="checksum">Of the payload.</param>
    public static void Write(Span<byte> trailer, bool whole, uint checksum)
    {
        trailer[0] = whole ? FrameFormat.Whole : FrameFormat.Void;
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[1..], Crc32C.Append(whole ? checksum : 0, trailer[..1]));
    }

    /// <param name="checksum">Of the payload.</param>
    /// <returns>True where the payload is whole; false where it is void.</returns>
    /// <exception cref="ProtocolException">It is neither, or was damaged on the way.</exception>
    public static bool IsWhole(ReadOnlySpan<byte> trailer, FrameKind kind, uint checksum)
    {
        var state = trailer[0];
        if (state > FrameFormat.Void)
        {
            throw new ProtocolException($"The payload of a frame {kind} ended in the unknown state {state}.");
        }

        var expected = Crc32C.Append(state == FrameFormat.Void ? 0 : checksum, trailer[..1]);
        return BinaryPrimitives.ReadUInt32LittleEndian(trailer[1..]) == expected
            ? state == FrameFormat.Whole
            : throw new ProtocolException($"The checksum of a frame {kind} is wrong: its payload was damaged on the way.");
    }
}
