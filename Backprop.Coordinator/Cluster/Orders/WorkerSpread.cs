namespace Backprop.Coordinator.Cluster.Orders;

/// <summary>A node that may run workers.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What it is called: ties go to the lower name.</param>
/// <param name="Cores">Its cores.</param>
internal readonly record struct NodeShare(string Id, string Name, int Cores);

/// <summary>Spreads a cluster's workers over its nodes, in proportion to their cores, by largest remainder. Pure.</summary>
internal static class WorkerSpread
{
    /// <summary>How many workers each node is to run.</summary>
    /// <param name="workers">In all.</param>
    public static IReadOnlyDictionary<string, int> Of(int workers, IReadOnlyCollection<NodeShare> nodes)
    {
        var cores = nodes.Sum(node => (long)node.Cores);
        if (cores == 0)
        {
            return nodes.ToDictionary(node => node.Id, _ => 0);
        }

        var counts = nodes.ToDictionary(node => node.Id, node => (int)((long)workers * node.Cores / cores));
        var rest = workers - counts.Values.Sum();
        var byRemainder = nodes.OrderByDescending(node => (long)workers * node.Cores % cores)
            .ThenBy(node => node.Name, StringComparer.Ordinal).ThenBy(node => node.Id, StringComparer.Ordinal);
        foreach (var node in byRemainder.Take(rest))
        {
            counts[node.Id]++;
        }

        return counts;
    }
}
