using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Record;

namespace Backprop.Tests.Simulation.Record;

/// <summary>
/// What was committed, and what was acknowledged to those who ordered it: there is one history, every node's is a part of it from its
/// beginning, and who leads later has all of it.
/// </summary>
internal sealed class RecordHistory(RecordWorld world)
{
    private readonly List<(RecordEntry Entry, long CommittedIn)> _history = [];
    private readonly List<(long Place, RecordEntry Entry)> _acknowledged = [];
    private long _durable;

    public int Count => _history.Count;

    public IReadOnlyList<(long Place, RecordEntry Entry)> Acknowledged => _acknowledged;

    /// <summary>Where the newest entry is that names the voters.</summary>
    public int ConfiguredAt { get; private set; }

    public void OnCommitted(RecordNode node, RecordState before)
    {
        var state = node.State;
        RecordChecks.Require(
            state.Committed >= before.Committed || world.IsForced, $"{node.Id} had {before.Committed} committed, now {state.Committed}");
        RecordChecks.Require(state.Committed <= state.Log.Count, $"{node.Id} has committed more than it has");

        // What was committed before has not changed, or the check of what is cut off has said so.
        for (var i = (int)(world.IsForced ? 0 : before.Committed); i < state.Committed; i++)
        {
            var entry = state.Log[i];
            if (i == _history.Count)
            {
                Add(node, entry, i);
            }

            RecordChecks.Require(
                ReferenceEquals(_history[i].Entry, entry),
                $"{node.Id} has committed an entry of {entry.Term} at {i + 1}, where one of {_history[i].Entry.Term} was committed");
        }
    }

    /// <summary>A leader has all that was committed in the terms before its own.</summary>
    public void OnLeads(RecordNode node) => RequireHistory(node, node.State.Promised - 1);

    /// <summary>A leader that acts has all that anybody was told.</summary>
    public void OnOpen(RecordNode node)
    {
        RequireHistory(node, node.State.Promised);
        foreach (var (place, entry) in _acknowledged)
        {
            RecordChecks.Require(
                entry.Term > node.State.Promised
                    || (place <= node.State.Log.Count && ReferenceEquals(node.State.Log[(int)place - 1], entry)),
                $"{node.Id} leads {node.State.Promised} without the {entry.What.Kind} at {place} of {entry.Term} that was acknowledged");
        }
    }

    public void OnAcknowledged(long place, RecordEntry entry)
    {
        world.Counts.Acknowledged++;
        _acknowledged.Add((place, entry));
    }

    /// <summary>A person has said that the others are gone: what only they had is no part of the history any more.</summary>
    public void OnTakenOver(RecordNode node)
    {
        var log = node.State.Log;
        var same = 0;
        while (same < Math.Min(_history.Count, log.Count) && ReferenceEquals(_history[same].Entry, log[same]))
        {
            same++;
        }

        _history.RemoveRange(same, _history.Count - same);
        _acknowledged.RemoveAll(known => known.Place > same);
    }

    private void Add(RecordNode node, RecordEntry entry, int i)
    {
        var state = node.State;
        RecordChecks.Require(state.Leads, $"{node.Id} follows and takes {i + 1} for committed, which it is nowhere");
        var voters = state.Voters;
        var has = voters.Count(voter => world.NodeOf(voter).Disk is var disk
            && disk.Log.Count > i && ReferenceEquals(disk.Log[i], entry) && (disk.HasFilesOf(entry) || Voter.IsWitness(voter)));
        RecordChecks.Require(
            has > voters.Count / 2, $"{node.Id} has committed {i + 1}, which {has} of the {voters.Count} voters have on their disks");
        _history.Add((entry, state.Promised));
        switch (entry.What.Kind)
        {
            case EntryKind.Configured:
                world.Counts.Configured++;
                ConfiguredAt = i;
                break;
            case EntryKind.Durable:
                world.Counts.Durable++;
                RecordChecks.Require(entry.What.Count > _durable, $"step {entry.What.Count} is durable after step {_durable}");
                _durable = entry.What.Count!.Value;
                break;
        }
    }

    private void RequireHistory(RecordNode node, long term)
    {
        var log = node.State.Log;
        for (var i = 0; i < _history.Count && _history[i].CommittedIn <= term; i++)
        {
            RecordChecks.Require(
                i < log.Count && ReferenceEquals(log[i], _history[i].Entry),
                $"{node.Id} leads {node.State.Promised} without entry {i + 1}, which was committed in {_history[i].CommittedIn}");
        }
    }
}
