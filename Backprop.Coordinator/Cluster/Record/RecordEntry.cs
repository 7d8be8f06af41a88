using System.Collections.Immutable;
using Backprop.Coordinator.Cluster.Orders;

namespace Backprop.Coordinator.Cluster.Record;

/// <summary>One entry of a cluster's record.</summary>
/// <param name="Term">The term of the node that made it; it never changes, however often the entry is copied.</param>
/// <param name="What">What it tells.</param>
internal sealed record RecordEntry(long Term, OrderEntry What);

/// <summary>
/// How far a record goes: the term of its last entry, then its length. Never a promised term: a promise says nothing of what a node has.
/// </summary>
/// <param name="Term">The last entry's; 0 where there is none.</param>
/// <param name="Index">How many entries there are.</param>
internal readonly record struct Position(long Term, long Index) : IComparable<Position>
{
    /// <summary>Where a record ends.</summary>
    public static Position EndOf(ImmutableList<RecordEntry> log) => At(log, log.Count);

    /// <summary>The place of an entry, counted from 1; 0: before the first.</summary>
    public static Position At(ImmutableList<RecordEntry> log, long index) => new(index > 0 ? log[(int)index - 1].Term : 0, index);

    /// <inheritdoc/>
    public int CompareTo(Position other) => Term != other.Term ? Term.CompareTo(other.Term) : Index.CompareTo(other.Index);
}
