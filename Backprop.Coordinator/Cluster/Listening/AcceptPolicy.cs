using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster.Listening;

/// <summary>
/// When to take new connections: at once, or, where the system has nothing left to make them of, after a pause that grows to a second.
/// Pure: all times are handed in.
/// </summary>
/// <param name="seed">For the chance in the pauses.</param>
internal sealed class AcceptPolicy(ulong seed)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>A shortage is over when there was none for so long: who opens and closes the door at will does not fill the log.</summary>
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(5);

    private readonly BackOff _pauses = new(seed, LongestPause);
    private TimeSpan _openAt;
    private TimeSpan _shortAt;

    /// <summary>There was a shortage, and it is not over yet.</summary>
    public bool IsShort { get; private set; }

    /// <summary>Whether a connection may be taken now.</summary>
    public bool IsOpen(TimeSpan now) => now >= _openAt;

    /// <summary>There is nothing left: the door is closed for a while.</summary>
    /// <returns>True where that is news.</returns>
    public bool Shortage(TimeSpan now)
    {
        (_shortAt, _openAt) = (now, now + _pauses.Next());
        var isNews = !IsShort;
        IsShort = true;
        return isNews;
    }

    /// <summary>There is enough.</summary>
    /// <returns>True where a shortage is over by it.</returns>
    public bool Enough(TimeSpan now)
    {
        if (!IsShort || now - _shortAt < Calm)
        {
            return false;
        }

        IsShort = false;
        _pauses.Reset();
        return true;
    }
}
