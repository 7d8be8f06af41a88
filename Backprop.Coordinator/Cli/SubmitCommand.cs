using System.CommandLine;
using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Shared.Cli;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cli;

/// <summary><c>backprop submit RUN.yaml</c>: has a cluster train a run.</summary>
internal static class SubmitCommand
{
    public static Command Create()
    {
        var (file, set, address) = (RunOptions.RunFile(), RunOptions.Set(), new NodeAddress());
        var follow = new Option<bool>("--follow") { Description = "waits for the run's end, and ends with its exit code" };
        var command = new Command(
            "submit", "Has a cluster train a run; returns when the run file and its data are with the cluster.") { file, set, follow };
        address.AddTo(command);
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            var run = RunOptions.Load(parsed.GetRequiredValue(file), parsed.GetRequiredValue(set));
            using var caller = address.Call(parsed);
            var reply = RunSubmission.SubmitAsync(caller, run).GetAwaiter().GetResult();
            using (var output = StandardStreams.ForResults())
            {
                output.Write(parsed.GetValue(address.Json)
                    ? ClusterJson.Submitted(reply.Run, reply.Place, reply.Again)
                    : System.Text.Encoding.UTF8.GetBytes(Sentence(reply.Run, reply.Place, reply.Again)));
            }

            return parsed.GetValue(follow) ? Follow(new ClusterWatch(caller, TimeProvider.System), reply.Run) : ExitCode.Done;
        }));
        return command;
    }

    private static string Sentence(string run, int place, bool again)
    {
        var where = place > 0 ? $"{new Quantity(place, "run")} before it" : again ? "no run is before it" : "it is next";
        return $"{(again ? "submitted before, and not again" : "submitted")}: {run}; {where}\n";
    }

    private static ExitCode Follow(ClusterWatch watch, string run)
    {
        using var ending = new CancellationTokenSource();
        using var signals = new StopSignals(_ => ending.Cancel());
        Console.Error.WriteLine($"waiting for the end of {run}; Ctrl+C ends the waiting, not the run");
        if (watch.FollowAsync(run, ending.Token).GetAwaiter().GetResult() is not { } end)
        {
            Console.Error.WriteLine($"{run} goes on with the cluster; 'backprop status' shows it, 'backprop stop {run}' stops it");
            return signals.ExitCode;
        }

        StandardStreams.WriteResult($"{end.Message}\n");
        return (ExitCode)end.ExitCode;
    }
}
