namespace Backprop.Coordinator.Cluster.Listening;

/// <summary>
/// When to take new connections: where there is a place for one more that says nothing, and not just after the system had nothing left to
/// make them of. Those that are not taken wait in the system's backlog. Pure: all times are handed in.
/// </summary>
internal sealed class AcceptPolicy
{
    /// <summary>So many connections may say nothing at once.</summary>
    public const int PendingMaximum = 64;

    /// <summary>Before that nobody is closed for others: a worker says who it is at once, but its first frame needs its way.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>After a failure.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.1);

    /// <summary>A shortage is over when there was none for so long.</summary>
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(5);

    private TimeSpan _openAt;
    private TimeSpan? _shortAt;

    /// <summary>Whether a connection may be taken now.</summary>
    /// <param name="pending">So many have said nothing yet.</param>
    /// <param name="longest">How long the one that came first has waited.</param>
    public bool IsOpen(TimeSpan now, int pending, TimeSpan longest) =>
        now >= _openAt && (pending < PendingMaximum || longest > Grace);

    /// <summary>One could not be taken.</summary>
    /// <returns>True where that is news.</returns>
    public bool Failed(TimeSpan now)
    {
        var isNews = !(now - _shortAt < Calm);
        (_shortAt, _openAt) = (now, now + Pause);
        return isNews;
    }
}
