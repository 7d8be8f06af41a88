using System.Globalization;
using System.Text;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>A look at a cluster, for people.</summary>
internal static class ClusterText
{
    /// <summary>The runs, and what the current one does.</summary>
    public static string Status(WatchReply look)
    {
        var text = new StringBuilder();
        var workers = look.Nodes.Sum(node => node.Workers.Count(worker => worker.Process > 0));
        text.Append(
            CultureInfo.InvariantCulture,
            $"cluster     term {look.Term}, {new Quantity(look.Nodes.Count, "node")}, "
            + $"{new Quantity(workers, "worker process", "worker processes")}\n");
        foreach (var run in look.Runs)
        {
            text.Append(CultureInfo.InvariantCulture, $"{run.State,-12}{PlainText.Of(run.Id)}{FirstLine(run)}\n");
        }

        if (look.Runs.Count == 0)
        {
            text.Append("no run was submitted: backprop submit RUN.yaml\n");
        }

        return ClusterWatch.StatusOf(look) is { } status ? $"{text}\n{StatusText.Of(status)}" : text.ToString();
    }

    /// <summary>The nodes as a table.</summary>
    public static string Nodes(WatchReply look) => Table(
        ["name", "address", "roles", "cores", "state", "workers"],
        look.Nodes.Select(node => new[]
        {
            node.Node.Name + (node.Coordinates ? " (coordinates)" : ""), node.Node.Address, string.Join(",", node.Node.Roles),
            $"{node.Node.Cores}", node.Drained ? $"{node.State}, drained" : node.State,
            $"{node.Workers.Count(worker => worker.Process > 0)} of {node.WorkersWanted}",
        }));

    /// <summary>The worker processes as a table; then the workers of the run.</summary>
    public static string Workers(WatchReply look)
    {
        var processes = Table(
            ["name", "process", "state", "restarts", "ended last"],
            look.Nodes.SelectMany(node => node.Workers).Select(worker => new[]
            {
                worker.Name, $"{worker.Process}", worker.State, $"{worker.Restarts}", worker.LastEnd,
            }));
        return ClusterWatch.StatusOf(look) is { } status ? $"{processes}\n{StatusText.Table(status.Workers)}" : processes;
    }

    private static string FirstLine(RunView run)
    {
        var line = PlainText.Of(run.Message.Split('\n')[0]);
        return line.Length > 0 ? $": {line}" : "";
    }

    private static string Table(string[] titles, IEnumerable<string[]> cells)
    {
        string[][] rows = [titles, .. cells.Select(row => row.Select(PlainText.Of).ToArray())];
        var widths = titles.Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        return string.Concat(rows.Select(
            row => string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd() + "\n"));
    }
}
