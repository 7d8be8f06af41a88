using Backprop.Coordinator.Cluster.Orders;

namespace Backprop.Coordinator.Cluster.Record;

/// <summary>What a takeover by order would lose, as far as this node can know. Pure.</summary>
/// <param name="IsPossible">It can be done, and somebody needs it.</param>
/// <param name="Said">In sentences.</param>
internal readonly record struct TakeOverAdvice(bool IsPossible, string Said)
{
    /// <param name="state">The node's copy.</param>
    /// <param name="coordinator">The address of who coordinates; empty: nobody that this node hears.</param>
    public static TakeOverAdvice Of(RecordState state, string coordinator)
    {
        if (state.Leads)
        {
            return new(false, "This node coordinates already: there is nothing to take over.");
        }

        if (state.HeardAt is not null && state.Leader.Length > 0)
        {
            var who = coordinator.Length > 0 ? coordinator : "Another node";
            return new(false, $"{who} coordinates, and is heard here: there is nothing to take over.");
        }

        if (state.Log.IsEmpty)
        {
            return new(false, "This node has nothing of the cluster's record yet; ask another that may coordinate.");
        }

        var last = state.Log[^1].What;
        var durable = state.Log.LastOrDefault(entry => entry.What.Kind == EntryKind.Durable)?.What;
        var has = durable is null
            ? "it has no checkpoint of a run"
            : $"its newest checkpoint is step {durable.Count} of {durable.Of}";
        var others = state.Voters.Count(voter => voter != state.Self);
        return new(
            true,
            $"This node has {state.Log.Count} entries of the cluster's record, the last of {last.At:yyyy-MM-dd HH:mm:ss} UTC; {has}. "
            + $"What was ordered or saved after that, and is on none but the other nodes ({others} of those that decide), is lost. They "
            + "must not be started again while this node cannot be reached; when it can, they follow it.");
    }
}
