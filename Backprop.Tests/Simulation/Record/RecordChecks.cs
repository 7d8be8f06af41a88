using System.Collections.Immutable;
using Backprop.Coordinator.Cluster.Record;

namespace Backprop.Tests.Simulation.Record;

/// <summary>What must be true at every step; each concern has its own class.</summary>
internal sealed class RecordChecks(RecordWorld world)
{
    private readonly RecordPromises _promises = new(world);
    private readonly RecordEntries _entries = new(world);
    private readonly RecordCease _cease = new(world);

    /// <summary>What was committed, once and for ever.</summary>
    public RecordHistory History { get; } = new(world);

    public static void Require(bool holds, string violation)
    {
        if (!holds)
        {
            throw new SimulationFailure(violation);
        }
    }

    /// <summary>A node's disk has something new.</summary>
    public void OnSaved(RecordNode node, ImmutableList<RecordEntry> before)
    {
        _promises.OnSaved(node);
        _entries.OnSaved(node, before);
    }

    /// <summary>A node has read what its disk has.</summary>
    public void OnStarted(RecordNode node)
    {
        _promises.OnStarted(node);
        _entries.OnStarted(node);
    }

    /// <summary>A node tells another something.</summary>
    public void OnSaid(RecordNode node, RecordInput said)
    {
        _promises.OnSaid(node, said);
        _entries.OnSaid(node, said);
    }

    /// <summary>A node has a new state, of which nothing has been said yet.</summary>
    public void OnAdvanced(RecordNode node, RecordState before, RecordInput input)
    {
        var state = node.State;
        if (state.Committed != before.Committed || !ReferenceEquals(state.Log, before.Log))
        {
            History.OnCommitted(node, before);
        }

        if (!state.Leads)
        {
            return;
        }

        var begins = !before.Leads || before.Promised != state.Promised;
        if (begins)
        {
            _promises.OnLeads(node);
            History.OnLeads(node);
            world.Chaos.OnLeads(node);
        }

        if (state.IsOpen && (begins || !before.IsOpen))
        {
            History.OnOpen(node);
        }

        _cease.OnAdvanced(node, begins, input);
    }
}
