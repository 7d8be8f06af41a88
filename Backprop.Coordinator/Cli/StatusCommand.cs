using System.CommandLine;
using System.Text;
using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Cli;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;

namespace Backprop.Coordinator.Cli;

/// <summary>
/// <c>backprop status</c> and <c>backprop workers</c>: what a cluster says of itself; with <c>--coordinator</c>, what a status page says.
/// </summary>
internal static class StatusCommand
{
    /// <summary>The run.</summary>
    public static Command CreateStatus() =>
        Create("status", "Shows what a cluster does, or a training with a status page.", ClusterText.Status, StatusText.Of);

    /// <summary>Its workers.</summary>
    public static Command CreateWorkers() => Create(
        "workers", "Lists the workers of a cluster, or of a training with a status page.", ClusterText.Workers,
        status => StatusText.Table(status.Workers));

    private static Command Create(string name, string description, Func<WatchReply, string> ofCluster, Func<ClusterStatus, string> ofPage)
    {
        var (address, page) = (new NodeAddress(), HttpAddress.Coordinator());
        var command = new Command(name, description) { page };
        address.AddTo(command);
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            var json = parsed.GetValue(address.Json);
            using var output = StandardStreams.ForResults();
            output.Write(parsed.GetResult(page) is { Implicit: false }
                ? OfPage(parsed.GetValue(page), json, ofPage)
                : OfCluster(address, parsed, json, ofCluster));
            return ExitCode.Done;
        }));
        return command;
    }

    private static byte[] OfPage(HostPort address, bool json, Func<ClusterStatus, string> text)
    {
        var (page, status) = StatusClient.Read(address);
        return json ? [.. page, (byte)'\n'] : Encoding.UTF8.GetBytes(text(status));
    }

    private static byte[] OfCluster(NodeAddress address, ParseResult parsed, bool json, Func<WatchReply, string> text)
    {
        using var caller = address.Call(parsed);
        var look = new ClusterWatch(caller, TimeProvider.System).LookAsync().GetAwaiter().GetResult();
        return Encoding.UTF8.GetBytes(json ? $"{ClusterWatch.Json(look)}\n" : text(look));
    }
}
