using System.Runtime.CompilerServices;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Data;

/// <summary>
/// A random order of the integers in [0, count) as a pure function of (seed, purpose, number): nothing is stored, and any place can be
/// asked for alone. A Feistel network over pairs (left, right) with left · right just above count; what falls outside is sent through
/// again, which happens about once in √count draws. An even number of rows makes odd orders as likely as even ones. Part of the
/// contract: it decides every batch.
/// </summary>
internal readonly struct Permutation
{
    private const int RoundsMax = 16;

    // Six rounds mix halves of 16 and more well; smaller ones have so few round functions that some orders would come more often than
    // others.
    private const int LargeRounds = 6;
    private const int LargeCount = 256;
    private readonly uint _count;
    private readonly uint _left;
    private readonly uint _right;
    private readonly int _rounds;
    private readonly RoundKeys _keys;

    /// <summary>The order with this number (an epoch, say).</summary>
    public Permutation(ulong seed, RandomPurpose purpose, ulong number, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        _count = (uint)count;
        _left = (uint)Math.Ceiling(Math.Sqrt(count));
        _left += _left % 2;
        _right = (_count + _left - 1) / _left;
        _rounds = count < LargeCount ? RoundsMax : LargeRounds;
        var random = new CounterRandom(seed, purpose);
        for (var pair = 0; pair < _rounds / 2; pair++)
        {
            var (a, b, c, d) = random.Words(number, (ulong)pair);
            _keys[2 * pair] = a | ((ulong)b << 32);
            _keys[(2 * pair) + 1] = c | ((ulong)d << 32);
        }
    }

    /// <summary>What stands at a place. Every integer in [0, count) stands at exactly one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int At(int place)
    {
        var value = (uint)place;
        do
        {
            value = Through(value);
        }
        while (value >= _count);
        return (int)value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Through(uint value)
    {
        var left = value / _right;
        var right = value - (left * _right);
        for (var round = 0; round < _rounds; round += 2)
        {
            left = Turn(left + Below(_left, right, _keys[round]), _left);
            right = Turn(right + Below(_right, left, _keys[round + 1]), _right);
        }

        return (left * _right) + right;
    }

    /// <summary>
    /// The sum of two numbers below the bound, modulo it; without a branch, which would be mispredicted every other time.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Turn(uint sum, uint bound) => sum - (bound & (uint)((int)(bound - 1 - sum) >> 31));

    /// <summary>A hash of the half under the key, in [0, bound): two multiplications with the high bits folded between them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Below(uint bound, uint half, ulong key)
    {
        var hash = (half ^ key) * 0x9E3779B97F4A7C15;
        hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93;
        return (uint)(((hash >> 32) * bound) >> 32);
    }

    [InlineArray(RoundsMax)]
    private struct RoundKeys
    {
        private ulong _first;
    }
}
