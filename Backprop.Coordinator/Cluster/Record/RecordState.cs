using System.Collections.Immutable;
using Backprop.Coordinator.Cluster.Orders;

namespace Backprop.Coordinator.Cluster.Record;

/// <summary>What a node does for its cluster's record.</summary>
internal enum RecordRole
{
    /// <summary>It takes what the leader sends.</summary>
    Follower,

    /// <summary>It has heard no leader for a while, and asks whether others would promise. Nobody is bound by that.</summary>
    Trying,

    /// <summary>It asks for promises.</summary>
    Candidate,

    /// <summary>It has the promises of a majority: it alone appends in its term.</summary>
    Leader,
}

/// <summary>What a leader knows of another node.</summary>
/// <param name="Matched">So many entries are on its disk, the same as the leader's.</param>
/// <param name="Next">The entry that it is sent next, counted from 1.</param>
/// <param name="HeardAt">When it answered last; before its first answer: when this node began to lead.</param>
/// <param name="MovedAt">When it last had all, or more than before; null: it has not answered yet.</param>
internal readonly record struct RecordPeer(long Matched, long Next, TimeSpan HeardAt, TimeSpan? MovedAt = null);

/// <summary>
/// A node's copy of its cluster's record, and what it has promised. <see cref="Promised"/>, <see cref="PromisedTo"/> and
/// <see cref="Log"/> are on its disk before anything that follows from them is said.
/// </summary>
internal sealed record RecordState
{
    private const int Unsought = -2;

    /// <summary>The place of the newest entry that names the voters; found once for each log, since everything asks for it.</summary>
    private int _lastConfigured = Unsought;

    /// <summary>The node's id.</summary>
    public required string Self { get; init; }

    /// <summary>The highest term that it knows: it takes no entry, and gives no promise, of a lower one.</summary>
    public long Promised { get; init; }

    /// <summary>Whom it promised that term; empty: nobody.</summary>
    public string PromisedTo { get; init; } = "";

    /// <summary>The entries.</summary>
    public ImmutableList<RecordEntry> Log
    {
        get;
        init => (field, _lastConfigured) = (value, Unsought);
    } = [];

    /// <summary>So many entries no takeover can lose.</summary>
    public long Committed { get; init; }

    /// <summary>What it does.</summary>
    public RecordRole Role { get; init; }

    /// <summary>Who leads in the promised term; empty: it does not know.</summary>
    public string Leader { get; init; } = "";

    /// <summary>When it heard that leader last; null: there is none.</summary>
    public TimeSpan? HeardAt { get; init; }

    /// <summary>When it will look for promises, unless a leader is heard.</summary>
    public TimeSpan TriesAt { get; init; }

    /// <summary>How often it has looked for promises; chooses the next pause.</summary>
    public long Tries { get; init; }

    /// <summary>Who has promised, or would.</summary>
    public ImmutableHashSet<string> Votes { get; init; } = [];

    /// <summary>The highest term that was heard from those that were only asked whether they would promise.</summary>
    public long HighestHeard { get; init; }

    /// <summary>As leader: the others, by id.</summary>
    public ImmutableDictionary<string, RecordPeer> Peers { get; init; } = ImmutableDictionary<string, RecordPeer>.Empty;

    /// <summary>It leads.</summary>
    public bool Leads => Role == RecordRole.Leader;

    /// <summary>All before it led is committed, and so is the opening of its term: it knows what was ordered, and may act.</summary>
    public bool IsOpen => Leads && Committed > 0 && Log[(int)Committed - 1].Term == Promised;

    /// <summary>
    /// The nodes whose majority decides: those of the newest entry that names them, committed or not. None: this node has no record.
    /// </summary>
    public IReadOnlyList<string> Voters => LastConfigured is { } index ? Log[(int)index - 1].What.Voters! : [];

    /// <summary>It is one of them.</summary>
    public bool IsVoter => Voters.Contains(Self);

    /// <summary>
    /// It may look for promises: as a voter; or where it is to be none any more, and it is not known that this is committed. It may be the
    /// only one that has that entry: then no other can be promised anything by it, and without it perhaps there is no majority.
    /// </summary>
    public bool MayTry => IsVoter || (LastConfigured is { } index && index > Committed && WasVoterBefore(index));

    /// <summary>The place of the entry that names the voters, counted from 1; null: there is none.</summary>
    public long? LastConfigured
    {
        get
        {
            if (_lastConfigured == Unsought)
            {
                _lastConfigured = Log.FindLastIndex(entry => entry.What.Kind == EntryKind.Configured);
            }

            return _lastConfigured >= 0 ? _lastConfigured + 1 : null;
        }
    }

    /// <summary>Whether those who have promised, or would, are a majority of the voters.</summary>
    public bool HasVotes => IsMajority(Votes.Count(Voters.Contains));

    /// <summary>Whether so many are a majority of the voters.</summary>
    public bool IsMajority(int count) => Voters.Count > 0 && count > Voters.Count / 2;

    private bool WasVoterBefore(long index) =>
        Log.Take((int)index - 1).LastOrDefault(entry => entry.What.Kind == EntryKind.Configured)?.What.Voters!.Contains(Self) == true;
}
