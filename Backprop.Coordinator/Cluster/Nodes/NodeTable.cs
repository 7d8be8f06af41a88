using Backprop.Coordinator.Cluster.Orders;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>The nodes of a cluster as their reports tell them, for who coordinates. Pure: times are handed in.</summary>
internal sealed class NodeTable
{
    /// <summary>A node that has not reported for so long may be replaced by another of its name.</summary>
    private static readonly TimeSpan Forgotten = TimeSpan.FromSeconds(20);

    private readonly Dictionary<string, Entry> _nodes = [];

    /// <summary>All of them, by name.</summary>
    public IEnumerable<NodeReport> Reports =>
        _nodes.Values.Select(entry => entry.Report).OrderBy(report => report.Node.Name, StringComparer.Ordinal);

    /// <summary>The names of all nodes and workers.</summary>
    public IReadOnlySet<string> Names =>
        _nodes.Values.SelectMany(entry => entry.Report.Workers.Select(worker => worker.Name).Prepend(entry.Report.Node.Name)).ToHashSet();

    /// <summary>Whether a node is there that may run workers.</summary>
    public bool RunWorkers => _nodes.Values.Any(entry => entry.Report.Node.Roles.Contains(NodeOptions.Worker));

    /// <summary>Whether a node is one of these, or may become one.</summary>
    public bool HasPlaceFor(string id) => _nodes.Count < MailCheck.NodesMaximum || _nodes.ContainsKey(id);

    /// <summary>Takes a node's report.</summary>
    /// <param name="now">The time since some beginning.</param>
    /// <returns>The other node that has the name already; null: none has.</returns>
    public NodeInfo? Take(NodeReport report, TimeSpan now)
    {
        foreach (var (id, entry) in _nodes)
        {
            var isTwin = id != report.Node.Id && entry.Report.Node.Name == report.Node.Name;
            if (isTwin && now - entry.HeardAt < Forgotten && !entry.IsUnreachable)
            {
                return entry.Report.Node;
            }
        }

        _nodes[report.Node.Id] = new Entry(report, now, IsUnreachable: false);
        return null;
    }

    /// <summary>Others cannot reach a node, or can again. It is kept until it is removed.</summary>
    /// <returns>Who it is; null where it has not reported.</returns>
    public NodeInfo? Mark(string akkaAddress, bool unreachable)
    {
        if (Find(akkaAddress) is not { } id)
        {
            return null;
        }

        _nodes[id] = _nodes[id] with { IsUnreachable = unreachable };
        return _nodes[id].Report.Node;
    }

    /// <summary>Whether a node cannot be reached.</summary>
    public bool IsUnreachable(string id) => _nodes.TryGetValue(id, out var entry) && entry.IsUnreachable;

    /// <summary>A node is no member any more.</summary>
    /// <returns>Who it was; null where it had not reported.</returns>
    public NodeInfo? Remove(string akkaAddress)
    {
        if (Find(akkaAddress) is not { } id)
        {
            return null;
        }

        _nodes.Remove(id, out var entry);
        return entry!.Report.Node;
    }

    /// <summary>How many workers each node is to run.</summary>
    public IReadOnlyDictionary<string, int> Wanted(OrderBook book)
    {
        var able = _nodes.Values.Where(entry => entry.Report.Node.Roles.Contains(NodeOptions.Worker)).ToList();
        var free = able.Where(entry => !book.Drained.Contains(entry.Report.Node.Name)).Select(entry => entry.Report).ToList();
        var wanted = book.Scale is { } scale
            ? WorkerSpread.Of(scale, [.. free.Select(report => new NodeShare(report.Node.Id, report.Node.Name, report.Node.Cores))])
            : free.ToDictionary(report => report.Node.Id, report => report.WorkersOwn);
        return _nodes.Keys.ToDictionary(id => id, id => wanted.GetValueOrDefault(id));
    }

    /// <summary>What a node is told: how many workers it is to run, which ones not, and which nodes there are.</summary>
    /// <param name="by">Who says so.</param>
    public RunWorkers Command(int count, IEnumerable<string> drained, RunWorkers by)
    {
        by.Count = count;
        by.Drained.AddRange(drained);
        by.Nodes.AddRange(Reports.Select(
            report => new NodeInfo { Id = report.Node.Id, Address = report.Node.Address, Roles = { report.Node.Roles } }));
        return by;
    }

    private string? Find(string akkaAddress) =>
        _nodes.FirstOrDefault(node => node.Value.Report.Node.AkkaAddress == akkaAddress).Key;

    private sealed record Entry(NodeReport Report, TimeSpan HeardAt, bool IsUnreachable);
}
