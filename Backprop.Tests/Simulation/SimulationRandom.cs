using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Simulation;

/// <summary>What a simulation draws: chances and lengths of time.</summary>
internal sealed class SimulationRandom(ulong seed) : SplitMix64(seed)
{
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
