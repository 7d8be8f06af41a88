using Backprop.Coordinator.Cluster.Orders;

namespace Backprop.Tests.Simulation.Record;

/// <summary>Those who order something, at whoever leads or believes so, and are told when it cannot be lost any more.</summary>
internal sealed class RecordClients(RecordWorld world)
{
    private const int OrdersMaximum = 80;

    private readonly List<string> _runs = [];
    private int _number;
    private int _ordered;

    /// <summary>Orders something now, and again later.</summary>
    public void Order()
    {
        if (world.IsHealed || ++_ordered > OrdersMaximum)
        {
            return;
        }

        world.Plan(world.Random.Duration(1, world.Options.OrderEvery), Order);
        if (world.Random.Chance(world.Options.DurableProbability))
        {
            if (Leader(mustBeOpen: true) is { } acting)
            {
                Keep(acting);
            }
        }
        else if (Leader(mustBeOpen: false) is { } leader)
        {
            Propose(leader, Draw());
        }
    }

    /// <summary>Submits a run at a node.</summary>
    /// <returns>Whether the node has taken it, which is no acknowledgement.</returns>
    public bool Submit(RecordNode leader) => Propose(leader, Submission());

    /// <summary>A checkpoint: its file is on the leader's disk before the entry that names it.</summary>
    public bool Keep(RecordNode leader)
    {
        if (leader.Disk.IsFull)
        {
            return false;
        }

        var newest = leader.State.Log.FindLast(entry => entry.What.Kind == EntryKind.Durable)?.What.Count ?? 0;
        return Propose(leader, new OrderEntry(EntryKind.Durable) { Of = "run", Count = newest + 1, Kept = world.Files.Make(leader) });
    }

    /// <summary>Tells those who wait what is committed by now; a leader that leads no more tells them nothing.</summary>
    public void OnAdvanced(RecordNode node)
    {
        var (pending, state) = (node.Pending, node.State);
        while (pending.Count > 0)
        {
            var (place, entry) = pending[0];
            if (!state.Leads || entry.Term != state.Promised)
            {
                pending.Clear();
            }
            else if (state.Committed >= place || world.Saboteur.Sabotage == RecordSabotage.AcknowledgedEarly)
            {
                pending.RemoveAt(0);
                world.Checks.History.OnAcknowledged(place, entry);
            }
            else
            {
                return;
            }
        }
    }

    private RecordNode? Leader(bool mustBeOpen)
    {
        RecordNode? found = null;
        var count = 0;
        foreach (var node in world.Nodes)
        {
            if (node.IsAwake && node.State.Leads && (!mustBeOpen || node.State.IsOpen) && world.Random.Below(++count) == 0)
            {
                found = node;
            }
        }

        return found;
    }

    private bool Propose(RecordNode leader, OrderEntry what)
    {
        if (!leader.Propose(what))
        {
            return false;
        }

        leader.Pending.Add((leader.State.Log.Count, leader.State.Log[^1]));
        OnAdvanced(leader);
        return true;
    }

    private OrderEntry Submission()
    {
        var id = $"run-{++_number}";
        _runs.Add(id);
        return new OrderEntry(EntryKind.Submitted) { Of = id, Name = "run", Submission = id };
    }

    private OrderEntry Draw()
    {
        var run = _runs.Count > 0 ? _runs[world.Random.Below(_runs.Count)] : null;
        return world.Random.Between(0, 9) switch
        {
            0 => new OrderEntry(EntryKind.Scaled) { Count = world.Random.Between(0, 99) },
            1 => new OrderEntry(EntryKind.Drained) { Name = $"worker-{world.Random.Between(0, 3)}" },
            2 => new OrderEntry(EntryKind.Undrained) { Name = $"worker-{world.Random.Between(0, 3)}" },
            3 when run is not null => new OrderEntry(EntryKind.StopOrdered) { Of = run },
            4 when run is not null => new OrderEntry(EntryKind.Began) { Of = run },
            5 when run is not null => new OrderEntry(EntryKind.Ended) { Of = run, State = RunState.Completed },
            _ => Submission(),
        };
    }
}
