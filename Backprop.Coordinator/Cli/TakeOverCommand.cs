using System.CommandLine;
using System.Text;
using Backprop.Shared.Cli;
using Backprop.Shared.Primitives;
using Backprop.Worker.Protocol;

namespace Backprop.Coordinator.Cli;

/// <summary>
/// <c>takeover</c>: has one node decide alone, where too few of those that decide are left. Without <c>--yes</c> it only says what would be
/// lost.
/// </summary>
internal static class TakeOverCommand
{
    public static Command Create()
    {
        var address = new NodeAddress();
        var sure = new Option<bool>("--yes") { Description = "does it; without this, only says what would be lost" };
        var command = new Command(
            "takeover",
            "Has the node that is asked coordinate, although too few of the nodes that decide are left. Where enough are, one takes over "
            + "by itself.");
        address.AddTo(command);
        command.Options.Add(sure);
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            using var caller = address.Call(parsed);
            var reply = caller.AskAsync(
                (client, options) => client.TakeOverAsync(new TakeOverRequest { Sure = parsed.GetValue(sure) }, options))
                .GetAwaiter().GetResult();
            if (parsed.GetValue(sure) && !reply.Done)
            {
                throw new UserException(ExitCode.Usage, reply.Said);
            }

            var said = reply.Done ? reply.Said : reply.Said;
            using var output = StandardStreams.ForResults();
            output.Write(parsed.GetValue(address.Json) ? ClusterJson.Said(said) : Encoding.UTF8.GetBytes($"{said}\n"));
            return ExitCode.Done;
        }));
        return command;
    }
}
