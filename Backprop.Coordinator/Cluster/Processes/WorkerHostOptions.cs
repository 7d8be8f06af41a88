using System.Diagnostics;
using System.Globalization;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster.Processes;

/// <summary>Which worker processes a host runs, and what for.</summary>
internal sealed record WorkerHostOptions
{
    /// <summary>Workers of a node give way to what else the machine does.</summary>
    private const string Niceness = "5";

    /// <summary>The command of the worker with this number.</summary>
    public required Func<int, ProcessStartInfo> Command { get; init; }

    /// <summary>What the worker with this number is called in messages.</summary>
    public Func<int, string> Name { get; init; } = number => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A worker that cannot work ends what it works for. If not, it is tried again for ever, at the longest pause.</summary>
    public bool EndsTheRun { get; init; }

    /// <summary>The workers of one training, which live and end with it.</summary>
    /// <param name="coordinator">Where they connect.</param>
    public static WorkerHostOptions OfRun(LinkAddress coordinator) => new()
    {
        Command = _ => Program(["--coordinator", coordinator.ToString(), "--slots", "1", "--watch-stdin"]),
        EndsTheRun = true,
    };

    /// <summary>The workers of a node, which outlive runs.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="coordinator">The node's own address, where they ask who coordinates.</param>
    /// <param name="tokenFile">The file with the cluster's secret; null: there is none.</param>
    /// <param name="identity">The folder of the node's identity; null: it has none.</param>
    /// <param name="isInsecure">The secret may be sent to another machine, where the one that coordinates is.</param>
    /// <param name="cache">Where fetched data files are kept.</param>
    public static WorkerHostOptions OfNode(
        string node, string coordinator, string? tokenFile, string? identity, bool isInsecure, string cache)
    {
        string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"{node}/{number}");
        string[] secret = tokenFile is null ? [] : ["--token-file", tokenFile];
        string[] shown = identity is null ? [] : ["--identity", identity];
        string[] trust = isInsecure ? ["--insecure"] : [];
        return new()
        {
            Command = number => Program(
            [
                "--coordinator", coordinator, "--stay", "--watch-stdin", "--slots", "1", "--name", NameOf(number), "--nice", Niceness,
                "--cache", cache, .. secret, .. shown, .. trust,
            ]),
            Name = NameOf,
        };
    }

    /// <summary>The worker beside this program; where it has no launcher of its own, the runtime's.</summary>
    private static ProcessStartInfo Program(IEnumerable<string> arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "backprop-worker.exe" : "backprop-worker");
        return File.Exists(program)
            ? new ProcessStartInfo(program, arguments)
            : new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "backprop-worker.dll"), .. arguments]);
    }
}
