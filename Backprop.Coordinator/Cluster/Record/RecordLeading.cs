using System.Collections.Immutable;
using Backprop.Coordinator.Cluster.Orders;

namespace Backprop.Coordinator.Cluster.Record;

/// <summary>What a leader does: it appends, sends, counts who has what, and commits. Pure.</summary>
internal static class RecordLeading
{
    /// <summary>
    /// A takeover by force is so many terms ahead: others who were taken for gone may be alive, and must have no term like it.
    /// </summary>
    private const long TermsAhead = 1000;

    /// <summary>It leads its term from now on. The opening of the term is an entry: with it, all before is committed.</summary>
    public static RecordOutput Begin(RecordState state, TimeSpan now)
    {
        var led = state with
        {
            Role = RecordRole.Leader,
            Leader = state.Self,
            HeardAt = null,
            Peers = state.Voters.Where(voter => voter != state.Self).ToImmutableDictionary(
                voter => voter, _ => new RecordPeer(0, state.Log.Count + 1, now)),
        };
        return Append(led, new OrderEntry(EntryKind.Term) { Of = state.Self, Count = state.Promised });
    }

    /// <summary>Appends what was proposed.</summary>
    public static RecordOutput Propose(RecordState state, OrderEntry what) =>
        !state.Leads || (what.Kind == EntryKind.Configured && !MayConfigure(state, what.Voters ?? []))
            ? new(state) { IsRefused = true }
            : Append(state, what);

    /// <summary>This node is the only voter from now on, in a term above all that it knows.</summary>
    public static RecordOutput TakeOver(RecordState state, TimeSpan now)
    {
        if (state.Log.IsEmpty)
        {
            return new(state) { IsRefused = true };
        }

        var term = Math.Max(state.Promised, state.HighestHeard) + TermsAhead;
        var alone = new RecordEntry(term, new OrderEntry(EntryKind.Configured) { Voters = [state.Self] });
        return Begin(state with { Promised = term, PromisedTo = state.Self, Log = state.Log.Add(alone), Votes = [state.Self] }, now);
    }

    /// <summary>What another node is sent next; from it the shell makes a message.</summary>
    /// <param name="to">Its id; one that never answered is sent the end of the log first, to find out what it has.</param>
    public static RecordInput.EntriesCame For(RecordState state, string to, TimeSpan now, RecordRules rules)
    {
        var next = Math.Clamp(state.Peers.TryGetValue(to, out var peer) ? peer.Next : state.Log.Count + 1, 1, state.Log.Count + 1);
        var end = Voter.IsWitness(to) ? EndForWitness(state, now, rules) : state.Log.Count;
        var count = (int)Math.Clamp(end - next + 1, 0, rules.EntriesMaximum);
        return new(
            state.Self, state.Promised, Position.At(state.Log, next - 1), state.Log.GetRange((int)next - 1, count), state.Committed,
            Resigns: false);
    }

    /// <summary>Takes what another node has answered.</summary>
    public static RecordOutput Hear(RecordState state, RecordInput.EntriesAnswered answered, TimeSpan now, RecordRules rules)
    {
        if (answered.Promised > state.Promised)
        {
            // Another leads by now, or will.
            return new(RecordCore.Follow(state, answered.Promised, "", now, rules));
        }

        if (!state.Leads || answered.Sent != state.Promised || answered.Matched < 0 || answered.Matched > state.Log.Count)
        {
            return new(state);
        }

        var before = state.Peers.GetValueOrDefault(answered.From, new RecordPeer(0, state.Log.Count + 1, now));
        var matched = answered.IsTaken ? Math.Max(before.Matched, answered.Matched) : before.Matched;

        // A refusal only ever leads further back: one that comes late is of an earlier question.
        var back = Math.Min(before.Next, Math.Max(answered.Matched, matched) + 1);
        var moved = matched > before.Matched || matched == state.Log.Count ? now : before.MovedAt ?? now;
        var peer = new RecordPeer(matched, answered.IsTaken ? matched + 1 : back, now, moved);
        var next = state with { Peers = state.Peers.SetItem(answered.From, peer) };
        var committed = Commit(next);

        // Who says nothing new waits for the next heartbeat: else two nodes that must fetch files first beget messages without end.
        var hasNews = peer.Matched != before.Matched || peer.Next != before.Next;
        return new(committed) { Sends = committed.Committed > state.Committed || (hasNews && peer.Next <= state.Log.Count) };
    }

    /// <summary>Whether a majority, itself included, has answered within its patience.</summary>
    public static bool HearsMajority(RecordState state, TimeSpan now, RecordRules rules) => state.IsMajority(state.Voters.Count(voter =>
        voter == state.Self || (state.Peers.TryGetValue(voter, out var peer) && now - peer.HeardAt < rules.Patience)));

    /// <summary>It led only to commit that it is no voter any more.</summary>
    public static bool IsDone(RecordState state) => !state.IsVoter && state.IsOpen;

    /// <summary>
    /// A witness promises nobody a term who has less than it was shown, and can give nobody what is missing. So it is shown what another
    /// node has too, which can take over then; and all, where no other keeps up.
    /// </summary>
    private static long EndForWitness(RecordState state, TimeSpan now, RecordRules rules)
    {
        long? most = null;
        foreach (var voter in state.Voters)
        {
            if (voter != state.Self && !Voter.IsWitness(voter) && state.Peers.TryGetValue(voter, out var peer)
                && (peer.MovedAt is { } moved
                    ? now - peer.HeardAt < rules.Patience && (now - moved < rules.LagPatience || peer.Matched == state.Log.Count)
                    : now - peer.HeardAt < rules.HeartbeatEvery * 2))
            {
                most = Math.Max(most ?? 0, peer.Matched);
            }
        }

        return most ?? state.Log.Count;
    }

    private static RecordOutput Append(RecordState state, OrderEntry what) => new(Commit(state with
    {
        Log = state.Log.Add(new RecordEntry(state.Promised, what)),
    }))
    {
        Sends = true,
    };

    /// <summary>
    /// The longest part that a majority has. An entry of an earlier term is never counted by itself: a node that lacks it might still be
    /// promised a term; once an entry of this term is on a majority, none can.
    /// </summary>
    private static RecordState Commit(RecordState state)
    {
        var has = state.Voters
            .Select(voter => voter == state.Self ? state.Log.Count : state.Peers.GetValueOrDefault(voter).Matched)
            .OrderDescending().ToList();
        var index = has.Count > 0 ? has[has.Count / 2] : 0;
        return index > state.Committed && state.Log[(int)index - 1].Term == state.Promised ? state with { Committed = index } : state;
    }

    /// <summary>
    /// Voters change one at a time, so that majorities before and after have a node in common; or from one alone, which has the change on
    /// its disk before anybody else hears of it. Each change waits for the one before, and for the opening of the term.
    /// </summary>
    private static bool MayConfigure(RecordState state, IReadOnlyList<string> voters)
    {
        var before = state.Voters;
        var (added, removed) = (voters.Except(before).Count(), before.Except(voters).Count());
        return state.IsOpen && state.LastConfigured <= state.Committed && voters.Contains(state.Self)
            && voters.Distinct().Count() == voters.Count
            && ((before.Count == 1 && removed == 0 && added > 0) || added + removed == 1);
    }
}
