using System.Text.Json;
using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>Somebody wants to know what the cluster does.</summary>
internal sealed class ViewRequest
{
    /// <summary>The only one.</summary>
    public static ViewRequest Instance { get; } = new();
}

/// <summary>What a cluster does at one moment, for who asks.</summary>
internal static class ClusterView
{
    /// <summary>The runs that have ended and are still told of.</summary>
    private const int EndedShown = 10;

    /// <param name="coordinator">The id of the node that coordinates.</param>
    /// <param name="folderOf">Where a run's record is, by the run's id.</param>
    /// <param name="status">What the run that goes on does; null: none does.</param>
    public static WatchReply Of(
        OrderBook book, NodeTable nodes, string coordinator, long term, Func<string, string> folderOf, ClusterStatus? status)
    {
        var wanted = nodes.Wanted(book);
        var reply = new WatchReply
        {
            Term = term,
            Status = status is null ? "" : JsonSerializer.Serialize(status, StatusJson.Default.ClusterStatus),
            WorkersOrdered = book.Scale ?? OrderJudge.OwnNumbers,
        };
        reply.Nodes.AddRange(nodes.Reports.Select(report => new NodeView
        {
            Node = report.Node,
            Coordinates = report.Node.Id == coordinator,
            Drained = book.Drained.Contains(report.Node.Name),
            State = nodes.IsUnreachable(report.Node.Id) ? "unreachable" : "up",
            WorkersWanted = wanted.GetValueOrDefault(report.Node.Id),
            Workers = { report.Workers },
        }));
        var ended = book.Runs.Where(run => run.State.IsEnded()).Reverse().Take(EndedShown);
        reply.Runs.AddRange(book.Runs.Where(run => !run.State.IsEnded()).Concat(ended).Select(run => View(run, folderOf(run.Id))));
        return reply;
    }

    private static RunView View(QueuedRun run, string folder) => new()
    {
        Id = run.Id,
        Name = run.Name,
        State = run.State.Word(),
        Folder = run.HasBegun ? folder : "",
        ExitCode = run.ExitCode,
        Message = run.Message,
    };
}
