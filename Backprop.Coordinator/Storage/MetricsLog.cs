using System.Text.Json;

namespace Backprop.Coordinator.Storage;

/// <summary>An evaluation, as <c>metrics.jsonl</c> has it.</summary>
/// <param name="Step">How many steps were completed.</param>
/// <param name="Epoch">The 1-based epoch of the last one.</param>
/// <param name="Loss">The mean loss over the test data.</param>
/// <param name="Metrics">The metrics by name, in the run file's order.</param>
/// <param name="IsBest">True where the first metric is the best so far.</param>
internal sealed record MetricsLine(long Step, int Epoch, double Loss, IReadOnlyList<KeyValuePair<string, double>> Metrics, bool IsBest);

/// <summary>The evaluations of a run, a line each. A line is handed to the operating system at once: there are few.</summary>
internal sealed class MetricsLog(string path, TimeProvider time) : JsonLinesFile(path, time)
{
    /// <summary>Appends an evaluation.</summary>
    /// <exception cref="Shared.Primitives.UserException">It cannot be written (storage); the run must stop.</exception>
    public void Append(MetricsLine line)
    {
        BeginLine();
        Json.WriteNumber("step", line.Step);
        Json.WriteNumber("epoch", line.Epoch);
        WriteNumber(JsonEncodedText.Encode("loss"), line.Loss);
        foreach (var (name, value) in line.Metrics)
        {
            WriteNumber(JsonEncodedText.Encode(name), value);
        }

        Json.WriteBoolean("best", line.IsBest);
        EndLine();
        Flush();
    }
}
