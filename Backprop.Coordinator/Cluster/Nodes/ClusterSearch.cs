using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>
/// Finds the cluster that a node belongs to. Only a node that knows no other founds one by itself: of two clusters that were founded apart,
/// neither would ever know of the other.
/// </summary>
internal sealed class ClusterSearch(NodeContext node)
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(1);

    /// <summary>Looks as long as it takes.</summary>
    /// <returns>Akka's addresses of members; none where this node founds the cluster; null where it is asked to stop.</returns>
    /// <exception cref="Shared.Primitives.UserException">The cluster does not want this node.</exception>
    public async Task<IReadOnlyList<string>?> FindAsync(CancellationToken stop)
    {
        HostPort[] others = [.. node.Options.Seeds.Concat(node.Folder.Peers).Distinct()];
        if (others.Length == 0 || node.Given is not null)
        {
            if (node.Folder.Cluster.Length == 0 || node.Given is not null)
            {
                Found();
            }

            return [];
        }

        var meeting = new Meeting(node.Options.Token, node.Time);
        var begun = node.Time.GetTimestamp();
        var hasSaid = false;
        for (List<string> reasons = []; !stop.IsCancellationRequested; await Pause(stop))
        {
            if (await meeting.AskAsync(others, node.Info, reasons, stop) is { } reply)
            {
                node.Folder.Join(reply.Cluster);
                node.Folder.Remember(reply.Nodes);
                return reply.Seeds;
            }

            if (node.Time.GetElapsedTime(begun) < node.Options.Patience || stop.IsCancellationRequested)
            {
                continue;
            }

            if (node.Options.Bootstrap)
            {
                Found();
                return [];
            }

            if (!hasSaid)
            {
                hasSaid = true;
                node.Log.WaitsForOthers(string.Join("; ", reasons));
            }
        }

        return null;
    }

    private void Found()
    {
        node.Folder.Found();
        node.Log.Founded(node.Folder.Cluster);
    }

    private async Task Pause(CancellationToken stop)
    {
        try
        {
            await Task.Delay(AskEvery, node.Time, stop);
        }
        catch (TaskCanceledException)
        {
            // The loop sees it.
        }
    }
}
