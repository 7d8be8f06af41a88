using Akka.Cluster;
using Backprop.Coordinator.Cluster.Record;
using Backprop.Coordinator.Diagnostics;
using Backprop.Worker.Protocol;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>What who coordinates looks after, again and again: who is gone, who decides, and what the cluster survives.</summary>
internal sealed class ClusterCare(NodeContext node, RecordCopy record, NodeTable nodes)
{
    private readonly Departures _departures = new();
    private string _advice = "";

    /// <inheritdoc cref="Departures.Mark"/>
    public void Mark(string address, bool isReachable, TimeSpan now) => _departures.Mark(address, isReachable, now);

    /// <summary>Removes members that have been out of reach for long.</summary>
    public void RemoveTheGone(Akka.Cluster.Cluster cluster, TimeSpan now)
    {
        var due = _departures.Due(now);
        foreach (var member in cluster.State.Members.Where(
            member => member.Status != MemberStatus.Down && due.Contains(member.Address.ToString())))
        {
            node.Log.RemovesNode(member.Address.ToString());
            cluster.Down(member.Address);
        }
    }

    /// <summary>The voters that are to be proposed; null: they stay.</summary>
    public IReadOnlyList<string>? NextVoters() =>
        node.Given is null ? VoterChoice.Next(record.State, Candidates().ToHashSet(), Witness()) : null;

    /// <summary>Says what the cluster survives, when that has changed.</summary>
    public void Advise()
    {
        var advice = Advice.Of(record.State.Voters, Candidates().Count());
        if (node.Given is null && advice != _advice)
        {
            _advice = advice;
            node.Log.Survives(advice);
        }
    }

    /// <summary>The witness of this node, if another that may coordinate shares it.</summary>
    private string? Witness() =>
        node.Witness?.Id is { } own && CandidateReports().Any(report => report.Witness == own && report.Node.Id != node.Folder.NodeId)
            ? own : null;

    private IEnumerable<string> Candidates() => CandidateReports().Select(report => report.Node.Id);

    private IEnumerable<NodeReport> CandidateReports() =>
        nodes.Reports.Where(report => report.Node.Roles.Contains(NodeOptions.Coordinator));
}
