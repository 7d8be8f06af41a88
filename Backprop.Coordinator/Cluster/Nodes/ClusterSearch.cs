using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>
/// Finds the cluster that a node belongs to: who coordinates lets others in. A node that keeps the cluster's record, and is chosen to lead
/// it, forms the cluster anew where all have gone. One that knows no other founds it, or where none keeps a record yet, the first
/// (<see cref="Candidacy"/>).
/// </summary>
internal sealed class ClusterSearch(NodeContext node)
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(0.1);

    /// <summary>Looks as long as it takes.</summary>
    /// <returns>Akka's addresses of members; none where this node founds the cluster; null where it is asked to stop.</returns>
    /// <exception cref="Shared.Primitives.UserException">The cluster does not want this node.</exception>
    public async Task<IReadOnlyList<string>?> FindAsync(CancellationToken stop)
    {
        node.Candidacy.Undecide();
        var meeting = new Meeting(node);
        var begun = node.Time.GetTimestamp();
        for (var hasSaid = false; !stop.IsCancellationRequested; await Pause(stop))
        {
            NodePeer[] others = node.Given is null ? [.. Others()] : [];
            if (Leads())
            {
                Form(isAlone: others.Length == 0);
                return [];
            }

            if (others.Length == 0 && !node.Folder.KeepsRecord && node.Candidacy.TryFound([]))
            {
                BeginRecord();
                continue;
            }

            var result = await meeting.AskAsync(others, stop);
            if (stop.IsCancellationRequested)
            {
                return null;
            }

            if (result.Member is { } member)
            {
                node.Candidacy.Undecide();
                Belong(member);
                node.Folder.Remember(member.Nodes);
                return member.Seeds;
            }

            if (result.Refusal is { } refusal && !node.WasMember)
            {
                throw refusal;
            }

            // Not before the others were asked: one of them may have been made to take over.
            node.OpenRecord();
            var hasWaited = node.Time.GetElapsedTime(begun) >= node.Options.Patience;
            if (node.Folder.KeepsRecord)
            {
                Remember(result);
                node.Candidacy.Follow();
            }
            else if (MayFound(result, hasWaited) && node.Candidacy.TryFound([.. others.Select(other => other.Address)]))
            {
                BeginRecord();
                continue;
            }

            if (hasWaited && !hasSaid)
            {
                hasSaid = true;
                SayWaits(result.Reasons);
            }
        }

        return null;
    }

    private bool Leads() => node.Record?.Copy.State.IsOpen == true;

    private void SayWaits(string reasons)
    {
        if (node.Record?.Copy.State.Voters is { Count: > 0 } voters)
        {
            node.Log.WaitsForMajority(reasons, (voters.Count / 2) + 1, voters.Count);
        }
        else
        {
            node.Log.WaitsForOthers(reasons);
        }
    }

    /// <summary>Whether the answers let it found. Whom those that answered know is asked next time, before anything is founded.</summary>
    private bool MayFound(MeetingResult result, bool hasWaited)
    {
        Remember(result);

        // Typed for the day on which others are gone; not for a network that fails weeks later.
        var areSilentGone = node.Options.Bootstrap && hasWaited && !node.WasMember;
        node.Candidacy.HasAsked(areSilentGone || Candidacy.HaveAllAnswered(result.Answers));
        return Candidacy.MayFound(node.Info, result.Answers, areSilentGone);
    }

    private void Remember(MeetingResult result)
    {
        foreach (var (_, answer) in result.Answers)
        {
            node.Folder.Remember([.. answer?.Nodes ?? []]);
        }
    }

    /// <summary>It belongs to a cluster. What was ordered of another one is not ordered of this.</summary>
    private void Belong(MeetReply member)
    {
        if (node.Folder.Record != member.Record)
        {
            node.CloseRecord();
        }

        if (node.Folder.Join(member.Cluster, member.Record, keeps: node.Options.MayCoordinate && node.Given is null) is { } aside)
        {
            node.Log.SetAside(member.Cluster, aside);
        }

        node.OpenRecord();
    }

    /// <summary>All that it knows, and the seeds; of a seed that it never met anything is possible.</summary>
    private IEnumerable<NodePeer> Others()
    {
        var peers = node.Folder.Peers;
        return node.Options.Seeds.Distinct().Where(seed => peers.All(peer => peer.Address != seed))
            .Select(seed => new NodePeer(seed, MayCoordinate: true)).Concat(peers);
    }

    /// <summary>The first node begins the record, and is its only voter: it will lead at once.</summary>
    private void BeginRecord()
    {
        node.Folder.BeginRecord();
        node.OpenRecord();
    }

    /// <summary>Who leads the record forms the cluster: a new one, or anew. Alone, it goes on with the one that it was.</summary>
    private void Form(bool isAlone)
    {
        var before = node.Folder.Cluster;
        if (before.Length > 0 && isAlone)
        {
            return;
        }

        node.Folder.Form();
        if (before.Length == 0)
        {
            node.Log.Founded(node.Folder.Cluster);
        }
        else
        {
            node.Log.FormedAnew(before, node.Folder.Cluster);
        }
    }

    private async Task Pause(CancellationToken stop)
    {
        try
        {
            var begun = node.Time.GetTimestamp();
            while (!Leads() && node.Time.GetElapsedTime(begun) < AskEvery)
            {
                await Task.Delay(LookEvery, node.Time, stop);
            }
        }
        catch (TaskCanceledException)
        {
            // The loop sees it.
        }
    }
}
