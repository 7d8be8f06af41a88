using System.Buffers.Binary;
using Backprop.Shared.Protocol;

namespace Backprop.Tests.Shared.Protocol;

/// <summary>Frames as bytes, written down from the documented form and not by the link.</summary>
internal static class Frames
{
    public static byte[] Of(FrameKind kind, ReadOnlySpan<byte> envelope = default, ReadOnlySpan<byte> payload = default, byte state = 0)
    {
        var length = LengthOf(envelope.Length, payload.Length);
        var frame = new byte[length];
        Write(frame, kind, envelope, payload, state).ShouldBe(length);
        return frame;
    }

    public static int LengthOf(int envelope, int payload) => 16 + envelope + (payload > 0 ? payload + 5 : 0);

    public static int Write(Span<byte> frame, FrameKind kind, ReadOnlySpan<byte> envelope, ReadOnlySpan<byte> payload, byte state)
    {
        "BPR1"u8.CopyTo(frame);
        frame[4] = (byte)kind;
        frame[5] = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(frame[6..], (ushort)envelope.Length);
        BinaryPrimitives.WriteInt32LittleEndian(frame[8..], payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[12..], Crc32C.Append(Crc32C.Append(0, frame[..12]), envelope));
        envelope.CopyTo(frame[16..]);
        var end = 16 + envelope.Length;
        if (payload.IsEmpty)
        {
            return end;
        }

        payload.CopyTo(frame[end..]);
        end += payload.Length;
        frame[end] = state;
        var covered = state == 1 ? 0 : Crc32C.Append(0, payload);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[(end + 1)..], Crc32C.Append(covered, frame.Slice(end, 1)));
        return end + 5;
    }
}
