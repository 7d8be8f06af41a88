namespace Backprop.Tests.Simulation;

/// <summary>
/// The dice of a simulation: SplitMix64 from one seed. A sequence rather than a counter, because here every draw is made in one thread
/// and in one order, and that order is what a seed repeats.
/// </summary>
internal sealed class SimulationRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>One word of a hash; the same for the same word.</summary>
    public static ulong Mix(ulong word)
    {
        word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9;
        word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
        return word ^ (word >> 31);
    }

    public ulong Next() => Mix(_state += 0x9E3779B97F4A7C15);

    /// <summary>An integer in [low, high].</summary>
    public int Between(int low, int high) => low + (int)Math.BigMul(Next(), (ulong)(high - low + 1), out _);

    /// <summary>True with a probability.</summary>
    public bool Chance(double probability) => (Next() >> 11) * (1.0 / (1UL << 53)) < probability;

    /// <summary>
    /// At least the minimum, and on average so much more: most short, some long. The doubling of a geometric distribution stands in for the
    /// exponential one, whose logarithm would not be needed for anything else here.
    /// </summary>
    public long Duration(long minimum, long meanBeyond)
    {
        var factor = 1;
        while (factor < 64 && Chance(0.3))
        {
            factor *= 2;
        }

        return minimum + (meanBeyond * factor * Between(0, 1000) / 1000);
    }
}
