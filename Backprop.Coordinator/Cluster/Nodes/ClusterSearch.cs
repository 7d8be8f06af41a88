using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>
/// Finds the cluster that a node belongs to. It founds one where it knows no other node; or where all have gone, if every other that may
/// coordinate says so too (<see cref="Candidacy"/>).
/// </summary>
internal sealed class ClusterSearch(NodeContext node)
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(1);

    /// <summary>Looks as long as it takes.</summary>
    /// <returns>Akka's addresses of members; none where this node founds the cluster; null where it is asked to stop.</returns>
    /// <exception cref="Shared.Primitives.UserException">The cluster does not want this node.</exception>
    public async Task<IReadOnlyList<string>?> FindAsync(CancellationToken stop)
    {
        node.Candidacy.Undecide();
        var meeting = new Meeting(node.Options.Token, node.Time);
        var begun = node.Time.GetTimestamp();
        for (var hasSaid = false; !stop.IsCancellationRequested; await Pause(stop))
        {
            NodePeer[] others = node.Given is null ? [.. Others()] : [];
            if (others.Length == 0 && (node.Given is not null || node.Candidacy.TryFound([])))
            {
                // Alone, it goes on with the cluster that it was.
                Found(anew: node.Folder.Cluster.Length == 0 || node.Given is not null);
                return [];
            }

            var result = await meeting.AskAsync(others, node.Info, stop);
            if (stop.IsCancellationRequested)
            {
                return null;
            }

            if (result.Member is { } member)
            {
                node.Candidacy.Undecide();
                Belong(member.Cluster);
                node.Folder.Remember(member.Nodes);
                return member.Seeds;
            }

            if (result.Refusal is { } refusal && !node.WasMember)
            {
                throw refusal;
            }

            var hasWaited = node.Time.GetElapsedTime(begun) >= node.Options.Patience;
            if (MayFound(result, hasWaited) && node.Candidacy.TryFound([.. others.Select(other => other.Address)]))
            {
                Found(anew: true);
                return [];
            }

            if (hasWaited && !hasSaid)
            {
                hasSaid = true;
                node.Log.WaitsForOthers(result.Reasons);
            }
        }

        return null;
    }

    /// <summary>Whether the answers let it found. Whom those that answered know is asked next time, before anything is founded.</summary>
    private bool MayFound(MeetingResult result, bool hasWaited)
    {
        foreach (var (_, answer) in result.Answers)
        {
            node.Folder.Remember([.. answer?.Nodes ?? []]);
        }

        // Typed for the day on which others are gone; not for a network that fails weeks later.
        var areSilentGone = node.Options.Bootstrap && hasWaited && !node.WasMember;
        node.Candidacy.HasAsked(areSilentGone || Candidacy.HaveAllAnswered(result.Answers));
        return Candidacy.MayFound(node.Info, node.Folder.TermHeld, result.Answers, areSilentGone);
    }

    /// <summary>It belongs to a cluster. What was ordered of another one is not ordered of this.</summary>
    private void Belong(string cluster)
    {
        if (node.Folder.Join(cluster) is { } aside)
        {
            node.Log.SetAside(cluster, aside);
        }
    }

    /// <summary>All that it knows, and the seeds; of a seed that it never met anything is possible.</summary>
    private IEnumerable<NodePeer> Others()
    {
        var peers = node.Folder.Peers;
        return node.Options.Seeds.Distinct().Where(seed => peers.All(peer => peer.Address != seed))
            .Select(seed => new NodePeer(seed, MayCoordinate: true)).Concat(peers);
    }

    private void Found(bool anew)
    {
        if (anew)
        {
            var before = node.Folder.Cluster;
            node.Folder.Found();
            if (before.Length > 0 && node.Folder.HasRecord)
            {
                node.Log.FormedAnew(before, node.Folder.Cluster);
            }
            else
            {
                node.Log.Founded(node.Folder.Cluster);
            }
        }
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
