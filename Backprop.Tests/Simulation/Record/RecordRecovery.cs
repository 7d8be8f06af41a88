using Backprop.Coordinator.Cluster.Orders;

namespace Backprop.Tests.Simulation.Record;

/// <summary>
/// What must come once nothing goes wrong any more: within a time there is one leader, who commits what is ordered, all have the same
/// record, and so it stays.
/// </summary>
internal sealed class RecordRecovery(RecordWorld world)
{
    private const long Bound = 30_000_000;
    private const long Stays = 8_000_000;
    private const long Period = 100_000;

    private long _healedAt;
    private long _catchingUp;
    private int _acknowledged;
    private RecordNode? _leader;
    private long _term;

    /// <summary>From now on nothing goes wrong. Who is gone for good stays so.</summary>
    public void Heal()
    {
        world.Note("from now on nothing goes wrong");
        (world.Chaos.IsActive, world.Network.IsFaulty, world.Voters.Changes) = (false, false, false);
        world.Network.MendAll();
        foreach (var node in world.Nodes)
        {
            node.Disk.IsFull = false;
            node.Fetching.Clear();
            world.Wake(node);
            world.Start(node);
        }

        _healedAt = world.Now;
        _catchingUp = CatchingUp();
        world.Plan(Period, AwaitLeader);
    }

    private IEnumerable<RecordNode> Living => world.Nodes.Where(node => !node.IsGone);

    private void AwaitLeader()
    {
        RequireTime(Bound, "one leader who acts");
        var leaders = Living.Where(node => node.State.Leads).ToList();
        if (leaders.Count == 1 && leaders[0].State.IsOpen)
        {
            _acknowledged = world.Checks.History.Acknowledged.Count;
            if (world.Clients.Submit(leaders[0]))
            {
                (_leader, _term) = (leaders[0], leaders[0].State.Promised);
                world.Plan(Period, AwaitOrder);
                return;
            }
        }

        world.Plan(Period, AwaitLeader);
    }

    private void AwaitOrder()
    {
        RequireTime(Bound + _catchingUp, $"an order that {_leader!.Id} commits, and one record on all nodes");
        if (!_leader.State.Leads || _leader.State.Promised != _term)
        {
            world.Plan(Period, AwaitLeader);
            return;
        }

        var state = _leader.State;
        if (world.Checks.History.Acknowledged.Count > _acknowledged
            && Living.All(node => node.State.Committed == state.Log.Count && node.State.Log.SequenceEqual(state.Log)))
        {
            world.Counts.Recovery = world.Now - _healedAt;
            world.Plan(Stays, AwaitEnd);
            return;
        }

        world.Plan(Period, AwaitOrder);
    }

    private void AwaitEnd()
    {
        RecordChecks.Require(
            _leader!.State.IsOpen && _leader.State.Promised == _term,
            $"{_leader.Id} does not lead {_term} any more, and nothing went wrong");
        foreach (var node in Living)
        {
            RecordChecks.Require(node == _leader || node.State.Leader == _leader.Id, $"{node.Id} does not follow {_leader.Id}");
            CheckBook(node);
        }

        world.End();
    }

    /// <summary>What a node would act on has all that was acknowledged.</summary>
    private void CheckBook(RecordNode node)
    {
        var book = new OrderBook();
        foreach (var entry in node.State.Log)
        {
            book.Apply(entry.What);
        }

        foreach (var (_, entry) in world.Checks.History.Acknowledged)
        {
            var run = entry.What.Of is { } id ? book.Runs.FirstOrDefault(known => known.Id == id) : null;
            RecordChecks.Require(
                entry.What.Kind != EntryKind.Submitted || run is not null, $"{node.Id} does not know {entry.What.Of}, which was submitted");
            RecordChecks.Require(
                entry.What.Kind != EntryKind.Ended || run is null || run.State.IsEnded(),
                $"{node.Id} lets {entry.What.Of} run, which ended");
        }
    }

    /// <summary>How long a node may take that has nothing yet, where the longest record is sent a few entries at a time.</summary>
    private long CatchingUp()
    {
        var messages = world.Nodes.Max(node => node.Disk.Log.Count) / world.Rules.EntriesMaximum;
        return messages * 2 * (world.Options.DelayMinimum + (2 * world.Options.DelayMean));
    }

    private void RequireTime(long bound, string what) =>
        RecordChecks.Require(world.Now - _healedAt <= bound, $"nothing went wrong for {bound / 1_000_000} s, and there is not {what}");
}
