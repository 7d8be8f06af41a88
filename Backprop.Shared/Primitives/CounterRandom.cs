namespace Backprop.Shared.Primitives;

/// <summary>What random numbers are drawn for. A purpose's number is part of the contract: never change one, only add.</summary>
public enum RandomPurpose
{
    /// <summary>The order of samples in an epoch.</summary>
    Shuffle = 1,

    /// <summary>The initial weights.</summary>
    Initialize = 2,

    /// <summary>The split of one source into train and test.</summary>
    Split = 3,

    /// <summary>Synthetic data.</summary>
    Synthetic = 4,

    /// <summary>Dropout and other noise inside layers.</summary>
    Layer = 5,

    /// <summary>How long retries wait. Decides when, never what.</summary>
    Jitter = 6,
}

/// <summary>
/// Random numbers as a pure function of where they are used: Philox4x32-10 keyed by (seed, purpose) over a counter that says which
/// step, sample, layer and index. Nothing is kept between draws, so it does not matter who draws, or in which order.
/// </summary>
/// <seealso href="https://www.thesalmons.org/john/random123/papers/random123sc11.pdf"/>
public readonly struct CounterRandom
{
    private readonly uint _key0;
    private readonly uint _key1;

    /// <summary>A stream of its own for every (seed, purpose).</summary>
    public CounterRandom(ulong seed, RandomPurpose purpose)
    {
        // The purpose is mixed into the seed by one Philox round of its own, so that near seeds do not give near keys.
        var (a, b, _, _) = Philox((uint)seed, (uint)(seed >> 32), (uint)purpose, 0, 0xA5A5A5A5, 0x5A5A5A5A);
        _key0 = a;
        _key1 = b;
    }

    /// <summary>Four independent uniform 32-bit words for a counter of 128 bits.</summary>
    public (uint A, uint B, uint C, uint D) Words(ulong high, ulong low) =>
        Philox((uint)low, (uint)(low >> 32), (uint)high, (uint)(high >> 32), _key0, _key1);

    /// <summary>A uniform 64-bit word for a counter.</summary>
    public ulong Word(ulong high, ulong low)
    {
        var (a, b, _, _) = Words(high, low);
        return a | ((ulong)b << 32);
    }

    /// <summary>A double in [0, 1), a multiple of 2^-53.</summary>
    public double Uniform(ulong high, ulong low) => (Word(high, low) >> 11) * (1.0 / (1UL << 53));

    /// <summary>An integer in [0, <paramref name="bound"/>), by multiplication: the bias is below 2^-64 times the bound.</summary>
    public ulong Below(ulong bound, ulong high, ulong low) => Math.BigMul(Word(high, low), bound, out _);

    private static (uint, uint, uint, uint) Philox(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        for (var round = 0; round < 10; round++)
        {
            var p0 = (ulong)c0 * 0xD2511F53;
            var p1 = (ulong)c2 * 0xCD9E8D57;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }

        return (c0, c1, c2, c3);
    }
}
