namespace Backprop.Tests.TestUtilities;

/// <summary>
/// A fast sequence of random numbers from one seed. A sequence rather than a counter, because it is drawn by one thread and in one order,
/// and that order is what a seed repeats.
/// </summary>
internal class SplitMix64(ulong seed)
{
    private ulong _state = seed;

    /// <summary>One word of a hash; the same for the same word.</summary>
    public static ulong Mix(ulong word)
    {
        word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9;
        word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
        return word ^ (word >> 31);
    }

    /// <summary>The next 64 bits.</summary>
    public ulong Next() => Mix(_state += 0x9E3779B97F4A7C15);

    /// <summary>An integer in [0, bound).</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>An integer in [low, high].</summary>
    public int Between(int low, int high) => low + Below(high - low + 1);

    /// <summary>Any bytes, a word for each.</summary>
    public void Fill(Span<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)Next();
        }
    }
}
