namespace Backprop.Coordinator.Cluster.Record;

/// <summary>The times by which a record is kept.</summary>
internal sealed record RecordRules
{
    /// <summary>A leader is heard at least so often.</summary>
    public TimeSpan HeartbeatEvery { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>
    /// A leader that was not heard for so long may be replaced; before that nobody promises anything to another. A leader that hears no
    /// majority for so long ceases.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Nodes try to take over up to so much later, each at another time, so that one is first.</summary>
    public TimeSpan Spread { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Who resigns leaves the others so much time to take over.</summary>
    public TimeSpan Recess { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A follower that has taken nothing new for so long, although there is something, is not waited for.</summary>
    public TimeSpan LagPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>More entries are not sent at once.</summary>
    public int EntriesMaximum { get; init; } = 200;

    /// <summary>A part of the spread, chosen by who waits and for which time: the same always, another for each node. FNV-1a.</summary>
    public TimeSpan PauseOf(string node, long term, long tries)
    {
        var hash = 14695981039346656037UL;
        foreach (var letter in node)
        {
            hash = (hash ^ letter) * 1099511628211UL;
        }

        hash = (hash ^ (ulong)term) * 1099511628211UL;
        hash = (hash ^ (ulong)tries) * 1099511628211UL;
        hash ^= hash >> 32;
        return Spread * ((hash & 0xFFFF) / 65536.0);
    }
}
