using Backprop.Shared.Primitives;

namespace Backprop.Shared.Protocol;

/// <summary>
/// How long to wait before the next attempt: 50 ms, twice as long each time, 5 s at most; of that between half and all, by chance, so that
/// workers that lost their coordinator together do not come back together. Pure: the chance is a function of the seed.
/// </summary>
/// <param name="seed">Another one for each process.</param>
/// <param name="most">Where 5 s are too long.</param>
internal sealed class BackOff(ulong seed, TimeSpan? most = null)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(50);
    private readonly TimeSpan _most = most ?? TimeSpan.FromSeconds(5);
    private readonly CounterRandom _random = new(seed, RandomPurpose.Jitter);
    private ulong _drawn;
    private TimeSpan _next = First;

    /// <summary>The next pause.</summary>
    public TimeSpan Next()
    {
        var pause = _next;
        _next = pause * 2 < _most ? pause * 2 : _most;
        return pause * (0.5 + (0.5 * _random.Uniform(0, _drawn++)));
    }

    /// <summary>An attempt succeeded: the next pause is short again.</summary>
    public void Reset() => _next = First;
}
