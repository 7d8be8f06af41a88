using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Backprop.Shared.Protocol;

/// <summary>
/// CRC32C (Castagnoli) with the CPU's own instruction. That instruction takes three cycles but can begin anew in each, so long data is
/// cut into three stretches whose chains run side by side; a table then moves a chain's result across the stretch behind it.
/// </summary>
internal static unsafe class Crc32C
{
    private const uint Polynomial = 0x82F63B78;
    private const int LongStretch = 4096;
    private const int ShortStretch = 256;

    private static readonly uint[] AcrossLong = Across(LongStretch);
    private static readonly uint[] AcrossShort = Across(ShortStretch);

    /// <summary>The checksum of what <paramref name="crc"/> covers followed by the data; 0 to begin with.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        fixed (byte* start = &MemoryMarshal.GetReference(data))
        {
            var at = start;
            var left = data.Length;
            ulong state = ~crc;
            state = ThreeChains(state, ref at, ref left, LongStretch, AcrossLong);
            state = ThreeChains(state, ref at, ref left, ShortStretch, AcrossShort);
            for (; left >= sizeof(ulong); left -= sizeof(ulong), at += sizeof(ulong))
            {
                state = Next(state, Unsafe.ReadUnaligned<ulong>(at));
            }

            for (; left > 0; left--, at++)
            {
                state = BitOperations.Crc32C((uint)state, *at);
            }

            return ~(uint)state;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ulong ThreeChains(ulong state, ref byte* at, ref int left, int stretch, uint[] across)
    {
        var a = state;
        while (left >= 3 * stretch)
        {
            ulong b = 0;
            ulong c = 0;
            for (var end = at + stretch; at < end; at += sizeof(ulong))
            {
                a = Next(a, Unsafe.ReadUnaligned<ulong>(at));
                b = Next(b, Unsafe.ReadUnaligned<ulong>(at + stretch));
                c = Next(c, Unsafe.ReadUnaligned<ulong>(at + (2 * stretch)));
            }

            a = Move(across, (uint)(Move(across, (uint)a) ^ b)) ^ c;
            at += 2 * stretch;
            left -= 3 * stretch;
        }

        return a;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Next(ulong state, ulong data)
    {
        // The wide form keeps the state in one register; narrowing it in every turn would lengthen the chain.
        if (Sse42.X64.IsSupported)
        {
            return Sse42.X64.Crc32(state, data);
        }

        return Crc32.Arm64.IsSupported ? Crc32.Arm64.ComputeCrc32C((uint)state, data) : BitOperations.Crc32C((uint)state, data);
    }

    private static uint Move(uint[] across, uint state) =>
        across[(byte)state] ^ across[256 + (byte)(state >> 8)] ^ across[512 + (byte)(state >> 16)] ^ across[768 + (state >> 24)];

    /// <summary>
    /// What becomes of a state when so many zero bytes follow: for each byte of the state, its 256 values. The map is linear over bits,
    /// so it is known from the 32 single bits.
    /// </summary>
    private static uint[] Across(int bytes)
    {
        var ofBit = new uint[32];
        for (var bit = 0; bit < 32; bit++)
        {
            var state = 1u << bit;
            for (var i = 0; i < 8 * bytes; i++)
            {
                state = (state >> 1) ^ ((state & 1) != 0 ? Polynomial : 0);
            }

            ofBit[bit] = state;
        }

        var table = new uint[4 * 256];
        for (var i = 0; i < table.Length; i++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                table[i] ^= ((i >> bit) & 1) != 0 ? ofBit[(8 * (i / 256)) + bit] : 0;
            }
        }

        return table;
    }
}
