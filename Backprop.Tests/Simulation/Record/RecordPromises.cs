using Backprop.Coordinator.Cluster.Record;

namespace Backprop.Tests.Simulation.Record;

/// <summary>A promise is kept, across every crash; so a term has one leader.</summary>
internal sealed class RecordPromises(RecordWorld world)
{
    private readonly long[] _highest = new long[world.Options.Nodes];
    private readonly Dictionary<(int Node, long Term), string> _given = [];
    private readonly Dictionary<long, (string Node, int Life)> _leaders = [];

    public void OnSaved(RecordNode node)
    {
        RecordChecks.Require(
            node.Disk.Promised >= _highest[node.Index], $"{node.Id} has promised {_highest[node.Index]}, now {node.Disk.Promised}");
        _highest[node.Index] = node.Disk.Promised;
    }

    public void OnStarted(RecordNode node) => RecordChecks.Require(
        node.Disk.Promised >= _highest[node.Index], $"{node.Id} had promised {_highest[node.Index]} and read {node.Disk.Promised}");

    public void OnSaid(RecordNode node, RecordInput said)
    {
        switch (said)
        {
            case RecordInput.PromiseAnswered { IsTrial: false, IsGiven: true } answered:
                Promise(node, answered.Asked, node.State.PromisedTo);
                break;
            case RecordInput.PromiseAsked { IsTrial: false } asked:
                Promise(node, asked.Term, node.Id);
                break;
            case RecordInput.EntriesAnswered { IsTaken: true } answered:
                RecordChecks.Require(
                    answered.Sent >= _highest[node.Index],
                    $"{node.Id} has promised {_highest[node.Index]} and took entries of {answered.Sent}");
                break;
        }
    }

    public void OnLeads(RecordNode node)
    {
        world.Counts.Leaders++;
        world.Counts.LeadersBesideOthers += world.Nodes.Any(other => other != node && other.IsUp && other.State.Leads) ? 1 : 0;
        var (id, life) = _leaders.GetValueOrDefault(node.State.Promised, (node.Id, node.Life));
        RecordChecks.Require(
            id == node.Id && life == node.Life,
            $"{id} in its life {life} and {node.Id} in its life {node.Life} lead {node.State.Promised}");
        _leaders[node.State.Promised] = (node.Id, node.Life);
    }

    private void Promise(RecordNode node, long term, string to)
    {
        var before = _given.GetValueOrDefault((node.Index, term), to);
        RecordChecks.Require(before == to, $"{node.Id} has promised {term} to {before} and to {to}");
        _given[(node.Index, term)] = to;
    }
}
