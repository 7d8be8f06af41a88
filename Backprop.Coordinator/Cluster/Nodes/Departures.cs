namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>
/// Members that cannot be reached, and since when. Only who coordinates removes them, and only after a while: it has a majority's word, so
/// there is no second one that would remove the others. Pure: times are handed in.
/// </summary>
internal sealed class Departures
{
    /// <summary>How long a member may be out of reach before it is removed. It joins again when it is back.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, TimeSpan> _since = [];

    /// <summary>A member cannot be reached, or can again.</summary>
    /// <param name="address">Akka's address of it.</param>
    public void Mark(string address, bool isReachable, TimeSpan now)
    {
        if (isReachable)
        {
            _since.Remove(address);
        }
        else
        {
            _since.TryAdd(address, now);
        }
    }

    /// <summary>Those that are to be removed; each is named until it is reached again or gone.</summary>
    public IReadOnlyList<string> Due(TimeSpan now) =>
        [.. _since.Where(member => now - member.Value >= Patience).Select(member => member.Key)];
}
