using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Backprop.Coordinator.Training;
using Backprop.Shared.Cli;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Cli;

/// <summary>What <c>backprop bench</c> has measured.</summary>
/// <param name="run">The run whose steps were timed.</param>
/// <param name="workers">Workers in this process.</param>
/// <param name="processes">Worker processes instead; 0: none.</param>
/// <param name="observer">Has seen the steps.</param>
internal sealed class BenchResult(PreparedRun run, int workers, int processes, BenchObserver observer)
{
    private readonly StepTimes _times = observer.Times;

    private double AllocatedPerStep => (double)observer.AllocatedBytes / _times.Count;

    private double SentPerStep => (double)observer.BytesSent / _times.Count;

    private double ReceivedPerStep => (double)observer.BytesReceived / _times.Count;

    private static long PeakMemoryBytes
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return process.PeakWorkingSet64;
        }
    }

    /// <summary>A line for people, to stdout.</summary>
    public void WriteText()
    {
        var who = processes == 0 ? $"{new Quantity(workers, "worker")}" : string.Create(
            CultureInfo.InvariantCulture,
            $"{new Quantity(processes, "worker process", "worker processes")}, "
            + $"{observer.BytesSent / _times.Count:N0} bytes sent a step and {observer.BytesReceived / _times.Count:N0} received");
        StandardStreams.WriteResult(string.Create(
            CultureInfo.InvariantCulture,
            $"{run.File.Name}: {_times.SamplesPerSecond:N0} samples/s, a step {_times.Median:F3} ms (95 % below {_times.P95:F3}; "
            + $"compute {observer.Compute.Median:F3}, reduce {observer.Reduce.Median:F3}, update {observer.Update.Median:F3}), "
            + $"{who}, {AllocatedPerStep:N0} bytes allocated a step, {PeakMemoryBytes / 1048576.0:N0} MiB at most\n"));
    }

    /// <summary>One JSON object in a line, for programs, to stdout.</summary>
    public void WriteJson()
    {
        using var stream = StandardStreams.ForResults();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("workload", run.File.Name);
            writer.WriteNumber("workers", processes > 0 ? processes : workers);
            writer.WriteNumber("processes", processes);
            writer.WriteNumber("parameters", run.Model.Layout.Count);
            writer.WriteNumber("batch", run.File.Batch);
            writer.WriteNumber("steps", _times.Count);
            WriteStepTimes(writer);
            writer.WriteNumber("samplesPerSecond", Math.Round(_times.SamplesPerSecond, 1));
            writer.WriteNumber("allocatedBytesPerStep", Math.Round(AllocatedPerStep, 1));
            writer.WriteNumber("peakMemoryBytes", PeakMemoryBytes);
            writer.WriteNumber("bytesSentPerStep", Math.Round(SentPerStep, 1));
            writer.WriteNumber("bytesReceivedPerStep", Math.Round(ReceivedPerStep, 1));
            writer.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
    }

    private void WriteStepTimes(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("stepMilliseconds");
        writer.WriteNumber("median", Math.Round(_times.Median, 4));
        writer.WriteNumber("p95", Math.Round(_times.P95, 4));
        writer.WriteNumber("compute", Math.Round(observer.Compute.Median, 4));
        writer.WriteNumber("reduce", Math.Round(observer.Reduce.Median, 4));
        writer.WriteNumber("update", Math.Round(observer.Update.Median, 4));
        writer.WriteEndObject();
    }
}
