using Backprop.Shared.Protocol;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.EndToEnd;

/// <summary>
/// A coordinator and its workers as processes, in a folder of their own. The run never ends by itself: a test disturbs it, stops it, and
/// compares it with an undisturbed run of as many steps.
/// </summary>
internal sealed class ClusterScene : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<BackpropCommand> _started = [];

    public ClusterScene() => _folder.Write("endless.yaml", EndlessRun.Named("digits"));

    public string Path => _folder.Path;

    /// <summary>Where workers ask.</summary>
    public string Address { get; private set; } = "127.0.0.1:0";

    /// <summary>Where they open their links.</summary>
    public int LinkPort { get; private set; }

    /// <summary>Its port of gRPC.</summary>
    public int GrpcPort => HostPort.Parse(Address, "address").Port;

    /// <summary>Where its status page is, if it was asked for.</summary>
    public string StatusAddress { get; private set; } = "";

    public BackpropCommand Coordinator { get; private set; } = null!;

    /// <summary>What the disturbed run left.</summary>
    public RunRecord Record => new(System.IO.Path.Combine(Path, "run"));

    /// <summary>Starts a coordinator and waits until workers can connect.</summary>
    public void StartCoordinator(params IEnumerable<string> more) => StartCoordinator(null, more);

    /// <summary>The same; the process may have only so many files open.</summary>
    public void StartCoordinator(int? descriptors, params IEnumerable<string> more)
    {
        string[] http = more.Contains("--http") ? [] : ["--http", "none"];
        string[] arguments = ["coordinator", "endless.yaml", "--listen", Address, .. http, "--run-dir", "run", .. more];
        Coordinator = Keep(descriptors is { } most
            ? BackpropCommand.StartWithDescriptors(most, Path, arguments)
            : BackpropCommand.Start(Path, arguments));
        if (http.Length == 0)
        {
            StatusAddress = $"127.0.0.1:{PortIn(Coordinator.WaitForLine("status page on"))}";
        }

        var listening = Coordinator.WaitForLine("listening for workers on 127.0.0.1:");
        Address = $"127.0.0.1:{PortIn(listening)}";
        LinkPort = int.Parse(PortIn(listening, "on port "), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Starts a training that starts its workers itself, and waits until they take part.</summary>
    public void StartTraining(int processes)
    {
        Coordinator = Keep(BackpropCommand.Start(Path, "train", "endless.yaml", "--processes", $"{processes}", "--run-dir", "run"));
        for (var i = 0; i < processes; i++)
        {
            Coordinator.WaitForLine("joined");
        }
    }

    /// <summary>Starts a worker and waits until it takes part.</summary>
    public BackpropCommand Join(params IEnumerable<string> more)
    {
        var worker = StartWorker(more);
        Coordinator.WaitForLine("joined");
        return worker;
    }

    public BackpropCommand StartWorker(params IEnumerable<string> more) =>
        Keep(BackpropCommand.StartWorker(Path, ["--coordinator", Address, "--slots", "1", "--nice", EndlessRun.Nice, .. more]));

    /// <summary>Stops the run as a service manager does, and trains the same steps in one process, undisturbed.</summary>
    public void StopAndCompare()
    {
        Coordinator.SendTerminate();
        Coordinator.Finish().ExitCode.ShouldBe(143);
        CompareWithUndisturbed();
    }

    /// <summary>Trains the steps of the run, which has been stopped, in one process, and compares.</summary>
    public void CompareWithUndisturbed()
    {
        var steps = Record.Steps.ToString(System.Globalization.CultureInfo.InvariantCulture);
        BackpropCommand.Run(Path, "train", "endless.yaml", "--workers", "2", "--stop-at", steps, "--run-dir", "whole").ShouldSucceed();
        var whole = new RunRecord(System.IO.Path.Combine(Path, "whole"));
        Record.WeightsSha256.ShouldBe(whole.WeightsSha256);
        Record.ShouldHaveEveryStepAndEveryShardOnce(16);
    }

    /// <summary>A file with a secret, that nobody else may read.</summary>
    public string WriteToken(string name, string token)
    {
        var path = System.IO.Path.Combine(Path, name);
        File.WriteAllText(path, token);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return path;
    }

    public void Dispose()
    {
        foreach (var command in _started)
        {
            command.Dispose();
        }

        _folder.Dispose();
    }

    private static string PortIn(string line, string before = "127.0.0.1:")
    {
        var from = line.IndexOf(before, StringComparison.Ordinal) + before.Length;
        return string.Concat(line[from..].TakeWhile(char.IsAsciiDigit));
    }

    private BackpropCommand Keep(BackpropCommand command)
    {
        _started.Add(command);
        return command;
    }
}
