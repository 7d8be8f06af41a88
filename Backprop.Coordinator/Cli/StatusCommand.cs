using System.CommandLine;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Cli;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cli;

/// <summary><c>backprop status</c> and <c>backprop workers</c>: what a coordinator says of itself.</summary>
internal static class StatusCommand
{
    /// <summary>The run.</summary>
    public static Command CreateStatus() =>
        Create("status", "Shows what a running coordinator does.", StatusText.Of);

    /// <summary>Its workers.</summary>
    public static Command CreateWorkers() =>
        Create("workers", "Lists the workers of a running coordinator.", status => StatusText.Table(status.Workers));

    private static Command Create(string name, string description, Func<ClusterStatus, string> text)
    {
        var coordinator = HttpAddress.Coordinator();
        var json = new Option<bool>("--json") { Description = "prints the status page's JSON" };
        var command = new Command(name, description) { coordinator, json };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            var (page, status) = StatusClient.Read(parsed.GetValue(coordinator));
            using var output = StandardStreams.ForResults();
            output.Write(parsed.GetValue(json) ? [.. page, (byte)'\n'] : System.Text.Encoding.UTF8.GetBytes(text(status)));
            return ExitCode.Done;
        }));
        return command;
    }
}
