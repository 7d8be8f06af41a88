using System.Diagnostics;
using System.Globalization;
using Backprop.Shared.Protocol;

namespace Backprop.Benchmarks;

/// <summary>
/// Sessions as workers have them: gRPC's Join, a ticket, a link, heartbeats. They compute nothing: who is given a span answers a gradient
/// of zeros. The coordinator is the built command, and what it costs is read from /proc.
/// </summary>
internal static class RealSessions
{
    private const string RunFile = """
        name: sessions
        seed: 1
        data: { train: { kind: synthetic, samples: 4096, inputs: 8, classes: 4 } }
        model: [{ linear: { out: 16 } }, relu, { linear: { out: 4 } }]
        loss: cross-entropy
        optimizer: { kind: sgd, rate: 0.01 }
        batch: 64
        shards: 8
        steps: 100000000
        """;

    private static readonly TimeSpan Stretch = TimeSpan.FromSeconds(5);

    /// <summary>Measures each count with a coordinator of its own.</summary>
    public static void Run(int[] counts)
    {
        Console.WriteLine("sessions   ms a join  KiB each  threads  descriptors  idle CPU  us a step  CPU us a step");
        foreach (var count in counts)
        {
            Measure(count);
        }
    }

    private static void Measure(int count)
    {
        var folder = Directory.CreateTempSubdirectory("backprop-sessions-");
        var file = Path.Combine(folder.FullName, "run.yaml");
        File.WriteAllText(file, RunFile);
        using var coordinator = Start(file, folder.FullName, count);
        try
        {
            using var sessions = new SessionCrowd(AddressIn(coordinator), TimeProvider.System);
            Wait(TimeSpan.FromSeconds(2));
            var empty = Cost.Of(coordinator);
            var begun = TimeProvider.System.GetTimestamp();
            for (var i = 1; i < count; i++)
            {
                sessions.Join();
            }

            var joining = TimeProvider.System.GetElapsedTime(begun) / (count - 1);

            // The run still waits for one more.
            Wait(TimeSpan.FromSeconds(2));
            var idle = Cost.Of(coordinator);
            Wait(Stretch);
            var later = Cost.Of(coordinator);
            sessions.Join();
            Wait(TimeSpan.FromSeconds(2));
            var (first, from, before) = (sessions.Step, TimeProvider.System.GetTimestamp(), Cost.Of(coordinator));
            Wait(Stretch);
            var (steps, took, after) = (sessions.Step - first, TimeProvider.System.GetElapsedTime(from), Cost.Of(coordinator));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{count,8:N0}{joining.TotalMilliseconds,12:N2}{(double)(idle.Bytes - empty.Bytes) / (count - 1) / 1024,10:N0}"
                + $"{idle.Threads,9:N0}{idle.Descriptors,13:N0}{(later.Processor - idle.Processor) / Stretch,10:P1}"
                + $"{took.TotalMicroseconds / Math.Max(1, steps),11:N0}"
                + $"{(after.Processor - before.Processor).TotalMicroseconds / Math.Max(1, steps),15:N0}"));
        }
        finally
        {
            coordinator.Kill();
            coordinator.WaitForExit();
            folder.Delete(recursive: true);
        }
    }

    private static Process Start(string file, string folder, int count)
    {
        var command = Path.Combine(AppContext.BaseDirectory, "backprop");
        var start = new ProcessStartInfo(command) { RedirectStandardError = true, RedirectStandardOutput = true };
        string[] arguments =
        [
            "coordinator", file, "--listen", "127.0.0.1:0", "--workers", $"{count}:1024", "--http", "none", "--run-dir",
            Path.Combine(folder, "run"),
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        return Process.Start(start) ?? throw new InvalidOperationException($"{command} did not start.");
    }

    /// <summary>Where the coordinator says that it listens; what it says later is read and dropped.</summary>
    private static HostPort AddressIn(Process coordinator)
    {
        const string Before = "listening for workers on ";
        var address = new TaskCompletionSource<string>();
        coordinator.OutputDataReceived += (_, _) => { };
        coordinator.ErrorDataReceived += (_, said) =>
        {
            if (said.Data is not { } line)
            {
                address.TrySetException(new InvalidOperationException("The coordinator ended before it listened."));
            }
            else if (line.IndexOf(Before, StringComparison.Ordinal) is >= 0 and var at)
            {
                address.TrySetResult(line[(at + Before.Length)..].Split(',')[0].Trim());
            }
        };
        coordinator.BeginOutputReadLine();
        coordinator.BeginErrorReadLine();
        return HostPort.Parse(address.Task.GetAwaiter().GetResult(), "the coordinator");
    }

    private static void Wait(TimeSpan time)
    {
        using var never = new ManualResetEventSlim();
        never.Wait(time);
    }

    /// <summary>What a process has of the machine.</summary>
    private readonly record struct Cost(long Bytes, int Threads, int Descriptors, TimeSpan Processor)
    {
        public static Cost Of(Process process)
        {
            process.Refresh();
            var descriptors = Directory.GetFiles($"/proc/{process.Id}/fd").Length;
            return new(process.WorkingSet64, process.Threads.Count, descriptors, process.TotalProcessorTime);
        }
    }
}
