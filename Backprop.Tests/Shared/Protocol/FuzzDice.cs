namespace Backprop.Tests.Shared.Protocol;

/// <summary>Fast seeded dice (splitmix64), so that a fuzzed connection costs little more than its scanning.</summary>
internal sealed class FuzzDice(ulong seed)
{
    private ulong _state = seed;

    public ulong Word()
    {
        var word = _state += 0x9E3779B97F4A7C15;
        word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9;
        word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
        return word ^ (word >> 31);
    }

    public int Below(int bound) => (int)Math.BigMul(Word(), (ulong)bound, out _);

    public void Fill(Span<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)Word();
        }
    }
}
