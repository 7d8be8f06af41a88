using System.CommandLine;
using System.Globalization;
using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Coordinator.Cluster.Orders;
using Backprop.Shared.Cli;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cli;

/// <summary>
/// What people order of a cluster: <c>scale</c>, <c>drain</c>, <c>checkpoint</c>, <c>pause</c>, <c>resume</c>, <c>stop</c>.
/// </summary>
internal static class OrderCommands
{
    /// <summary>All of them.</summary>
    public static IEnumerable<Command> Create()
    {
        var number = new Argument<string>("N")
        {
            Description = "how many workers the cluster runs in all, spread over its nodes by their cores; auto: each node its own number",
        };
        yield return Create(
            "scale", "Has the cluster run N workers.", number, (calls, parsed) => calls.ScaleAsync(Count(parsed.GetRequiredValue(number))));
        var drained = Name("the node or worker that is to compute no more");
        yield return Create(
            "drain", "Has a node or a worker finish what it has and compute no more.", drained,
            (calls, parsed) => calls.DrainAsync(parsed.GetRequiredValue(drained)));
        var undrained = Name("the node or worker that may compute again");
        yield return Create(
            "undrain", "Has a node or worker that was drained compute again.", undrained,
            (calls, parsed) => calls.UndrainAsync(parsed.GetRequiredValue(undrained)));
        yield return Create(
            "checkpoint", "Has the run write a checkpoint after its step.", null, (calls, _) => calls.CheckpointAsync());
        yield return Create("pause", "Has the run pause after its step, with a checkpoint.", null, (calls, _) => calls.PauseAsync());
        yield return Create("resume", "Has a paused run go on.", null, (calls, _) => calls.ResumeAsync());
        var run = new Argument<string>("RUN")
        {
            Description = "the run's id or name (default: the one that is going on)",
            Arity = ArgumentArity.ZeroOrOne,
            DefaultValueFactory = _ => "",
        };
        yield return Create(
            "stop", "Stops a run after its step, with a checkpoint, or takes it from the queue.", run,
            (calls, parsed) => calls.StopAsync(parsed.GetValue(run) ?? ""));
    }

    private static int Count(string text) => text == "auto" ? OrderJudge.OwnNumbers
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count
        : throw new UserException(
            ExitCode.Usage, $"scale takes a number of workers, or auto, not '{text}'. Try 'backprop scale --help'.");

    private static Argument<string> Name(string description) => new("NAME") { Description = description };

    private static Command Create(
        string name, string description, Argument? argument, Func<ClusterOrders, ParseResult, Task<string>> order)
    {
        var address = new NodeAddress();
        var command = new Command(name, description);
        if (argument is not null)
        {
            command.Arguments.Add(argument);
        }

        address.AddTo(command);
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            using var caller = address.Call(parsed);
            var said = order(new ClusterOrders(caller), parsed).GetAwaiter().GetResult();
            using var output = StandardStreams.ForResults();
            output.Write(parsed.GetValue(address.Json) ? ClusterJson.Said(said) : System.Text.Encoding.UTF8.GetBytes($"{said}\n"));
            return ExitCode.Done;
        }));
        return command;
    }
}
