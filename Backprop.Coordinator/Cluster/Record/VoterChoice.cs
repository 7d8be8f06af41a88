namespace Backprop.Coordinator.Cluster.Record;

/// <summary>
/// Who is to decide. One node alone, until three have all that it has: of two, each would be needed, and the death of either would stop
/// the other. A witness is the third where there are two nodes. Pure.
/// </summary>
internal static class VoterChoice
{
    /// <summary>With fewer voters nobody takes over by itself.</summary>
    public const int Fewest = 3;

    /// <summary>More voters make an entry slower, and a cluster hardly safer.</summary>
    public const int Most = 7;

    /// <summary>The next change of the voters, if one is due.</summary>
    /// <param name="state">The leader's copy.</param>
    /// <param name="present">The nodes that may coordinate and are there, this one among them.</param>
    /// <param name="witness">The witness that this node shares with others of them; null: there is none.</param>
    /// <returns>The new voters; null: they stay.</returns>
    public static IReadOnlyList<string>? Next(RecordState state, IReadOnlySet<string> present, string? witness)
    {
        if (!state.IsOpen || state.LastConfigured > state.Committed)
        {
            return null;
        }

        var voters = state.Voters;
        var nodes = voters.Where(voter => !Voter.IsWitness(voter)).ToList();
        if (nodes.Count < voters.Count && nodes.Count >= Fewest)
        {
            return nodes;
        }

        var ready = present.Where(node => !voters.Contains(node) && Matches(state, node)).Order(StringComparer.Ordinal).ToList();
        if (ready.Count == 0 || voters.Count >= Most)
        {
            return null;
        }

        if (voters.Count > 1)
        {
            return [.. voters, ready[0]];
        }

        // As long as this node alone decides, a witness is shown all that it has.
        return ready.Count + 1 >= Fewest ? [.. voters, .. ready.Take(Fewest - 1)]
            : witness is not null && Matches(state, witness) ? [.. voters, ready[0], witness]
            : null;
    }

    /// <summary>It has all but what was appended just now.</summary>
    private static bool Matches(RecordState state, string node) =>
        state.Peers.TryGetValue(node, out var peer) && peer.Matched >= state.Committed;
}
