using System.CommandLine;
using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Shared.Cli;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;

namespace Backprop.Coordinator.Cli;

/// <summary>What a cluster says of itself: <c>nodes</c> and <c>logs</c>.</summary>
internal static class LookCommands
{
    /// <summary>Its nodes.</summary>
    public static Command CreateNodes() => Create("nodes", "Lists the nodes of a cluster.", ClusterText.Nodes);

    /// <summary>Its log.</summary>
    public static Command CreateLogs()
    {
        const int Usual = 100;
        var address = new NodeAddress();
        var name = new Argument<string>("NAME")
        {
            Description = "a worker's name (default: the coordinator's log)",
            Arity = ArgumentArity.ZeroOrOne,
            DefaultValueFactory = _ => "",
        };
        var follow = new Option<bool>("--follow", "-f") { Description = "goes on with the lines that follow" };
        var lines = new Option<int>("--lines", "-n")
        {
            Description = $"how many of the newest lines (default {Usual})",
            HelpName = "N",
            DefaultValueFactory = _ => Usual,
        };
        var command = new Command("logs", "Shows the newest lines of the coordinator's log, or of what a worker has said.")
        {
            name, follow, lines,
        };
        address.AddTo(command);
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            using var caller = address.Call(parsed);
            using var output = StandardStreams.ForResults();
            new ClusterWatch(caller, TimeProvider.System).ReadLogAsync(
                parsed.GetValue(name) ?? "", parsed.GetValue(lines), parsed.GetValue(follow),
                line => output.Write(
                    parsed.GetValue(address.Json) ? ClusterJson.Line(line) : System.Text.Encoding.UTF8.GetBytes($"{line}\n")))
                .GetAwaiter().GetResult();
            return ExitCode.Done;
        }));
        return command;
    }

    private static Command Create(string name, string description, Func<WatchReply, string> text)
    {
        var address = new NodeAddress();
        var command = new Command(name, description);
        address.AddTo(command);
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            using var caller = address.Call(parsed);
            var look = new ClusterWatch(caller, TimeProvider.System).LookAsync().GetAwaiter().GetResult();
            StandardStreams.WriteResult(parsed.GetValue(address.Json) ? $"{ClusterWatch.Json(look)}\n" : text(look));
            return ExitCode.Done;
        }));
        return command;
    }
}
