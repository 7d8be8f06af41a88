using System.CommandLine;
using System.Globalization;
using Backprop.Coordinator.Cluster;
using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Cli;

/// <summary><c>backprop coordinator RUN.yaml</c>: trains with worker processes from wherever they connect.</summary>
internal static class CoordinatorCommand
{
    private const string DefaultListen = "127.0.0.1:7400";

    public static Command Create()
    {
        var file = RunOptions.RunFile();
        var (set, record, watch) = (RunOptions.Set(), new RecordOptions(), new WatchOptions(HttpAddress.Default));
        var listen = new Option<string>("--listen")
        {
            Description = $"where workers ask; two ports above it they open their links (default {DefaultListen}; port 0: any free ones)",
            HelpName = "HOST:PORT",
            DefaultValueFactory = _ => DefaultListen,
        };
        var workers = new Option<string>("--workers")
        {
            Description = "the run waits below MIN workers and refuses those beyond MAX (default 1:64)",
            HelpName = "MIN:MAX",
            DefaultValueFactory = _ => "1:64",
        };
        var token = new Option<string?>("--token-file")
        {
            Description = "a file with a secret that workers must know; needed to be reached from other machines",
            HelpName = "FILE",
        };
        var identity = IdentityOption.Create(
            "the folder with this machine's certificate: the ports are then TLS, with certificates on both sides");
        var insecure = new Option<bool>("--insecure")
        {
            Description = "lets other machines connect although nothing on the way is encrypted, the token included",
        };
        var wait = new Option<double?>("--wait")
        {
            Description = "gives up, with exit code 4, when MIN workers were missing for so long (default: never)",
            HelpName = "SECONDS",
        };
        var command = new Command("coordinator", "Trains with worker processes that connect to it; they may come and go.")
        {
            file, listen, workers, token, identity, insecure, wait, set,
        };
        record.AddTo(command);
        Array.ForEach(watch.All, command.Options.Add);
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            var (minimum, maximum) = Bounds(parsed.GetRequiredValue(workers));
            var options = record.Read(parsed, maximum);
            var path = parsed.GetRequiredValue(file);
            var settings = watch.Read(parsed);
            var cluster = new ClusterOptions
            {
                Listen = HostPort.Parse(parsed.GetRequiredValue(listen), "--listen"),
                Token = parsed.GetValue(token) is { } secret ? JoinToken.Read(secret) : null,
                Identity = IdentityOption.ReadOfNode(parsed, identity, mayCoordinate: true),
                IsInsecure = parsed.GetValue(insecure),
                WorkersMinimum = minimum,
                WorkersMaximum = maximum,
                WorkersTimeout = Patience(parsed.GetValue(wait)),
            };
            var run = PreparedRun.Load(RunOptions.Load(path, parsed.GetRequiredValue(set)));
            Option[] typed = [set, listen, workers, token, identity, insecure, wait, .. watch.All];
            string[] resume = ["backprop", "coordinator", path, .. TypedOptions.Of(parsed, typed)];
            return new WatchedRun(run, options, settings, resume).Execute(watch => EnginesOf(run, cluster, watch));
        }));
        return command;
    }

    /// <summary>A node with the role coordinator, and the run that it was given.</summary>
    private static GivenEngines EnginesOf(PreparedRun run, ClusterOptions cluster, RunWatch watch)
    {
        var node = new NodeOptions
        {
            Name = cluster.Identity?.Current.Name.Name ?? NodeCommand.NameOf(null),
            Listen = cluster.Listen.HostPort,
            Roles = [NodeOptions.Coordinator],
            Workers = 0,
            Token = cluster.Token,
            Identity = cluster.Identity,
            IsInsecure = cluster.IsInsecure,
        };
        var host = new NodeHost(node, watch.Log, TimeProvider.System);
        var engines = new ClusterEngines(run, cluster, watch.Log, watch.Workers, TimeProvider.System, host.Ports);
        return new GivenEngines(host, engines, run, watch.Status, watch.Log) { Folder = watch.Folder };
    }

    private static TimeSpan Patience(double? seconds) => seconds switch
    {
        null => Timeout.InfiniteTimeSpan,
        > 0 and <= 86400 * 30 => TimeSpan.FromSeconds(seconds.Value),
        _ => throw new UserException(ExitCode.Usage, "--wait takes a number of seconds above 0 and at most 2592000, which are 30 days."),
    };

    private static (int Minimum, int Maximum) Bounds(string text)
    {
        var parts = text.Split(':');
        if (parts.Length is 1 or 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var minimum)
            && int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var maximum)
            && minimum >= 1 && maximum >= minimum && maximum <= 1024)
        {
            return (minimum, maximum);
        }

        throw new UserException(ExitCode.Usage, $"--workers takes MIN:MAX, two numbers from 1 to 1024, not '{text}'.");
    }
}
