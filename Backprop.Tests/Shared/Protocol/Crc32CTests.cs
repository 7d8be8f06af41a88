using System.Numerics;
using Backprop.Shared.Protocol;

namespace Backprop.Tests.Shared.Protocol;

public sealed class Crc32CTests
{
    [Fact]
    public void TheCheckValueIsThatOfTheStandard() => Crc32C.Append(0, "123456789"u8).ShouldBe(0xE3069283u);

    [Fact]
    public void NothingLeavesItAsItIs() => Crc32C.Append(0x12345678, []).ShouldBe(0x12345678u);

    [Fact]
    public void EveryLengthAndOffsetIsWhatOneByteAfterTheOtherGives()
    {
        var data = Bytes(3 * 4096 * 2 + 3 * 256 * 3 + 77);
        int[] borders = [255, 256, 767, 768, 769, 1535, 1536, 5000, 12287, 12288, 12289, 24576, 26000, data.Length - 9];
        foreach (var length in Enumerable.Range(0, 70).Concat(borders))
        {
            for (var offset = 0; offset < 9; offset++)
            {
                var piece = data.AsSpan(offset, length);
                Crc32C.Append(0, piece).ShouldBe(ByteByByte(0, piece), $"{length} bytes at {offset}");
            }
        }
    }

    [Fact]
    public void PiecesGiveWhatTheWholeGives()
    {
        var data = Bytes(40_000);
        var whole = Crc32C.Append(0, data);
        foreach (var cut in (int[])[0, 1, 7, 8, 768, 12_288, 12_289, 30_000, 40_000])
        {
            Crc32C.Append(Crc32C.Append(0, data.AsSpan(0, cut)), data.AsSpan(cut)).ShouldBe(whole, $"cut at {cut}");
        }
    }

    private static uint ByteByByte(uint crc, ReadOnlySpan<byte> data)
    {
        crc = ~crc;
        foreach (var value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }

    private static byte[] Bytes(int count)
    {
        var state = 1u;
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
        {
            state = (state * 1664525) + 1013904223;
            bytes[i] = (byte)(state >> 24);
        }

        return bytes;
    }
}
