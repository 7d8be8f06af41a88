using System.Globalization;
using System.Text.Json;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.EndToEnd;

/// <summary>Nodes of a cluster as processes of this machine, each with a folder of its own.</summary>
internal sealed class NodeScene : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<BackpropCommand> _started = [];

    public NodeScene() => _folder.Write("endless.yaml", EndlessRun.Named("endless"));

    public string Path => _folder.Path;

    /// <summary>What every command is given besides: the cluster's token.</summary>
    public IReadOnlyList<string> Secret { get; init; } = [];

    /// <summary>What the run is changed by, as the command line has it.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Writes a file with a secret, that nobody else may read.</summary>
    public static string WriteToken(string path, string secret)
    {
        File.WriteAllText(path, secret, System.Text.Encoding.ASCII);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return path;
    }

    /// <summary>Starts a node and waits until it is a member.</summary>
    public Node Start(string name, params IEnumerable<string> more) => StartAt("127.0.0.1:0", name, more);

    /// <summary>Starts it where others know it.</summary>
    public Node StartAt(string listen, string name, params IEnumerable<string> more)
    {
        var command = Begin(name, listen, more);
        var line = command.WaitForLine($"node {name} (");
        return new Node(name, command, After(line, "gRPC "), After(line, "tcp://"), After(line, "tensors "));
    }

    /// <summary>Starts a node; at port 0, where no test's node was before.</summary>
    public BackpropCommand Begin(string name, string listen, params IEnumerable<string> more)
    {
        var at = listen.EndsWith(":0", StringComparison.Ordinal) ? $"{listen[..^1]}{NodePorts.Next()}" : listen;
        var command = BackpropCommand.Start(Path, ["node", "--name", name, "--listen", at, "--data", name, .. more]);
        _started.Add(command);
        return command;
    }

    /// <summary>Starts a worker by hand.</summary>
    public BackpropCommand StartWorker(string address, params IEnumerable<string> more)
    {
        var worker = BackpropCommand.StartWorker(Path, ["--coordinator", address, "--slots", "1", "--nice", EndlessRun.Nice, .. more]);
        _started.Add(worker);
        return worker;
    }

    /// <summary>Runs a command against a node.</summary>
    public CommandResult Ask(Node node, params IEnumerable<string> command) =>
        BackpropCommand.Run(Path, [.. command, "--node", node.Address, .. Secret]);

    /// <summary>Submits a run, and goes on while it waits.</summary>
    public BackpropCommand Submit(Node node, params IEnumerable<string> more) =>
        BackpropCommand.Start(Path, ["submit", .. more, "--node", node.Address, .. Secret]);

    /// <summary>What the cluster does, as a machine reads it.</summary>
    public JsonElement Look(Node node) => JsonDocument.Parse(Ask(node, "nodes", "--json").ShouldSucceed().Output).RootElement;

    /// <summary>The record of a run at the node that coordinated it.</summary>
    public RunRecord RecordOf(string node, string run) => new(System.IO.Path.Combine(Path, node, "runs", run));

    /// <summary>Stops the run, which never ends by itself, and compares it with as many steps in one process, undisturbed.</summary>
    public void StopAndCompare(Node node)
    {
        Ask(node, "stop").ShouldSucceed().Output.ShouldContain("stops after this step");
        node.Command.WaitForLine("stopped after step");
        var record = RecordOf(node.Name, "endless");
        var steps = record.Steps.ToString(CultureInfo.InvariantCulture);
        BackpropCommand.Run(
            Path, ["train", "endless.yaml", "--workers", "2", "--stop-at", steps, "--run-dir", "whole", .. Settings]).ShouldSucceed();
        record.WeightsSha256.ShouldBe(new RunRecord(System.IO.Path.Combine(Path, "whole")).WeightsSha256);
        record.ShouldHaveEveryStepAndEveryShardOnce(16);
    }

    public void Dispose()
    {
        foreach (var command in _started)
        {
            command.Dispose();
        }

        _folder.Dispose();
    }

    private static string After(string line, string word)
    {
        var from = line.IndexOf(word, StringComparison.Ordinal) + word.Length;
        return line[from..].Split(',', ';')[0];
    }

    /// <summary>A node that is a member.</summary>
    /// <param name="Address">Its gRPC address.</param>
    /// <param name="Akka">Its actor system's, as in <c>name@host:port</c>.</param>
    /// <param name="Tensors">Where its links come in.</param>
    internal sealed record Node(string Name, BackpropCommand Command, string Address, string Akka, string Tensors)
    {
        public string[] AsSeed => ["--seed", Address];

        public string AkkaAddress => $"akka.tcp://{Akka}";

        public int AkkaPort => int.Parse(Akka.Split(':')[^1], CultureInfo.InvariantCulture);
    }
}
