using System.Numerics;

namespace Backprop.Shared.Kernels;

/// <summary>
/// Reduction of any finite angle to quarter turns and a rest, after Payne and Hanek: x = M 2^E with an integral M, and of x · 2/π only the
/// digits of 2/π matter whose product with M 2^E is not a multiple of 4. 192 of them leave 2^-139 of a turn, and no double is nearer
/// than 2^-62 to a multiple of π/2.
/// </summary>
internal static class LargeAngle
{
    // 2π as a pair: the rest comes out in turns.
    private const double TurnHigh = 4 * 1.5707963267948966;
    private const double TurnLow = 4 * 6.123233995736766e-17;

    // The first 1,280 binary digits of 2/π.
    private static ReadOnlySpan<ulong> TwoOverPi =>
    [
        0xA2F9836E4E441529, 0xFC2757D1F534DDC0, 0xDB6295993C439041, 0xFE5163ABDEBBC561, 0xB7246E3A424DD2E0,
        0x06492EEA09D1921C, 0xFE1DEB1CB129A73E, 0xE88235F52EBB4484, 0xE99C7026B45F7E41, 0x3991D639835339F4,
        0x9C845F8BBDF9283B, 0x1FF897FFDE05980F, 0xEF2F118B5A0A6D1F, 0x6D367ECF27CB09B7, 0x4F463F669E5FEA2D,
        0x7527BAC7EBE5F17B, 0x3D0739F78A5292EA, 0x6BFB5FB11F8D5D08, 0x56033046FC7B6BAB, 0xF0CFBC209AF4361D,
    ];

    /// <summary>The quarter turns (mod 4) nearest to x, and what is left, for a normal x of at least π/4 in magnitude.</summary>
    public static (int Quarters, Pair Remainder) Reduce(double x)
    {
        var bits = BitConverter.DoubleToInt64Bits(x);
        var mantissa = (ulong)((bits & 0x000FFFFFFFFFFFFF) | 0x0010000000000000);
        var exponent = (int)((bits >> 52) & 0x7FF) - 1075;

        var (high, middle, low) = Turns(mantissa, exponent);
        var quarters = (int)((high + (1UL << 61)) >> 62);
        high -= (ulong)quarters << 62;
        var negative = (long)high < 0;
        if (negative)
        {
            low = 0 - low;
            middle = ~middle + (low == 0 ? 1UL : 0);
            high = ~high + (low == 0 && middle == 0 ? 1UL : 0);
        }

        var rest = InRadians(high, middle, low);
        if (negative ^ (x < 0))
        {
            rest = new Pair(-rest.High, -rest.Low);
        }

        return ((x < 0 ? -quarters : quarters) & 3, rest);
    }

    /// <summary>The fraction of a turn in mantissa · 2^exponent radians, as 192 binary digits.</summary>
    private static (ulong High, ulong Middle, ulong Low) Turns(ulong mantissa, int exponent)
    {
        // Digits that only add whole turns are skipped; what is left of the exponent shifts the product.
        var skipped = Math.Max(0, exponent - 2);
        var shift = skipped - (exponent - 2);
        var product0 = Math.BigMul(mantissa, Word(skipped + 128), out var word0);
        var product1 = Math.BigMul(mantissa, Word(skipped + 64), out var low1);
        var product2 = Math.BigMul(mantissa, Word(skipped), out var low2);
        var middle = (UInt128)product0 + low1;
        var upper = (UInt128)product1 + low2 + (ulong)(middle >> 64);
        var word1 = (ulong)middle;
        var word2 = (ulong)upper;
        var word3 = product2 + (ulong)(upper >> 64);
        return (ShiftRight(word3, word2, shift), ShiftRight(word2, word1, shift), ShiftRight(word1, word0, shift));
    }

    /// <summary>64 digits of 2/π from a position on.</summary>
    private static ulong Word(int position)
    {
        var index = position >> 6;
        return ShiftRight(TwoOverPi[index], TwoOverPi[index + 1], 64 - (position & 63));
    }

    /// <summary>The lower word of (high, low) shifted right by 0 to 64 places.</summary>
    private static ulong ShiftRight(ulong high, ulong low, int places) => (ulong)(new UInt128(high, low) >> places);

    private static Pair InRadians(ulong high, ulong middle, ulong low)
    {
        var zeros = BitOperations.LeadingZeroCount(high);
        if (zeros == 64)
        {
            // At most 62 digits cancel, so one word of them and its sign are the most that can be empty.
            (high, middle, low) = (middle, low, 0);
            zeros += BitOperations.LeadingZeroCount(high);
        }

        var top = ShiftRight(high, middle, 64 - (zeros & 63));
        var next = ShiftRight(middle, low, 64 - (zeros & 63));
        var fraction = Pair.OrderedSum((top >> 11) * Math.ScaleB(1, -53), ((((top & 0x7FF) << 42) | (next >> 22)) * Math.ScaleB(1, -106)));
        var turn = fraction * new Pair(TurnHigh, TurnLow);
        var scale = Math.ScaleB(1, -zeros);
        return new Pair(turn.High * scale, turn.Low * scale);
    }
}
