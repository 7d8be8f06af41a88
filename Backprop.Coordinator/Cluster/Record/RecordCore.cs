using System.Collections.Immutable;
using Backprop.Coordinator.Cluster.Orders;

namespace Backprop.Coordinator.Cluster.Record;

/// <summary>
/// How nodes keep one record of their cluster, whoever of them dies, freezes or is cut off. Pure: no clock, socket, file or task. The rules
/// are those of Raft (Ongaro and Ousterhout, 2014), with its trial before an election, so that a node which comes back does not unseat a
/// leader; docs/cluster.md says what they come to.
/// </summary>
/// <remarks>
/// A term has one leader: each voter promises a term once. An entry is committed when a majority of the voters has it in the term of its
/// leader; who has less than a promiser is not promised anything, so whoever leads later has all that was committed.
/// </remarks>
internal static class RecordCore
{
    /// <summary>Applies one input. Total: every input is legal in every role.</summary>
    /// <param name="now">Monotonic time since any fixed moment.</param>
    public static RecordOutput Advance(RecordState state, RecordInput input, TimeSpan now, RecordRules rules) => input switch
    {
        RecordInput.Tick => Tick(state, now, rules),
        RecordInput.PromiseAsked asked => RecordElection.Judge(state, asked, now, rules),
        RecordInput.PromiseAnswered answered => RecordElection.Count(state, answered, now, rules),
        RecordInput.EntriesCame came => Take(state, came, now, rules),
        RecordInput.EntriesAnswered answered => RecordLeading.Hear(state, answered, now, rules),
        RecordInput.Proposed proposed => RecordLeading.Propose(state, proposed.What),
        RecordInput.Resigned => new(Follow(state, state.Promised, state.PromisedTo, now, rules) with { TriesAt = now + rules.Recess }),
        RecordInput.TakenOver => RecordLeading.TakeOver(state, now),
        _ => new(state),
    };

    /// <summary>It follows from now on: nobody yet, and for a while it does not look for promises itself.</summary>
    public static RecordState Follow(RecordState state, long term, string promisedTo, TimeSpan now, RecordRules rules) => state with
    {
        Promised = term,
        PromisedTo = promisedTo,
        Role = RecordRole.Follower,
        Leader = "",
        HeardAt = null,
        TriesAt = now + rules.Patience + rules.PauseOf(state.Self, term, state.Tries),
        Votes = [],
        Peers = ImmutableDictionary<string, RecordPeer>.Empty,
    };

    private static RecordOutput Tick(RecordState state, TimeSpan now, RecordRules rules) => state.Leads
        ? new(RecordLeading.HearsMajority(state, now, rules) && !RecordLeading.IsDone(state)
            ? state
            : Follow(state, state.Promised, state.PromisedTo, now, rules))
        : now >= state.TriesAt && state.MayTry ? RecordElection.Try(state, now, rules)
        : state.HeardAt is { } heard && now - heard >= rules.Patience ? new(state with { Leader = "", HeardAt = null })
        : new(state);

    /// <summary>A follower takes what the leader of the highest term sends, behind what they have in common.</summary>
    private static RecordOutput Take(RecordState state, RecordInput.EntriesCame came, TimeSpan now, RecordRules rules)
    {
        // A leader of this very term hears of no other one: that would be a lie.
        if (came.Term < state.Promised || (came.Term == state.Promised && state.Leads))
        {
            return new(state) { Entries = new(IsTaken: false, 0, state.Promised) };
        }

        var next = Follow(state, came.Term, came.Term > state.Promised ? came.From : state.PromisedTo, now, rules) with
        {
            Leader = came.From,
            HeardAt = now,
        };
        if (came.Resigns)
        {
            // The pause alone, without the patience: it is known that nobody leads.
            next = next with { Leader = "", HeardAt = null, TriesAt = now + rules.PauseOf(state.Self, came.Term, state.Tries) / 4 };
        }

        var log = state.Log;
        if (came.Before.Index < 0 || came.Before.Index > log.Count || Position.At(log, came.Before.Index) != came.Before)
        {
            // What comes before is missing here, or is another's: the leader looks further back.
            var most = Math.Min(log.Count, Math.Max(came.Before.Index - 1, 0));
            return new(next) { Entries = new(IsTaken: false, most, next.Promised) };
        }

        var (taken, kept) = Append(log, (int)came.Before.Index, came.Entries);
        var matched = came.Before.Index + came.Entries.Count;
        return new(next with
        {
            Log = taken,

            // More than was in common is not known to be the leader's. What is cut off counts no more; only where a person has taken over
            // by force was any of it committed.
            Committed = Math.Max(Math.Min(state.Committed, kept), Math.Min(came.Committed, matched)),
        })
        {
            Entries = new(IsTaken: true, matched, next.Promised),
        };
    }

    /// <summary>Entries that are there already stay; from the first that is another's, the rest is cut off. So many stay.</summary>
    private static (ImmutableList<RecordEntry> Log, int Kept) Append(
        ImmutableList<RecordEntry> log, int after, ImmutableList<RecordEntry> entries)
    {
        for (var i = 0; i < entries.Count; i++)
        {
            if (after + i < log.Count && log[after + i].Term == entries[i].Term)
            {
                continue;
            }

            return (log.RemoveRange(after + i, log.Count - after - i).AddRange(entries.Skip(i)), after + i);
        }

        return (log, log.Count);
    }
}
