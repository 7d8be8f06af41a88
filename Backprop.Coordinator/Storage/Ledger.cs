using System.Text.Json;

namespace Backprop.Coordinator.Storage;

/// <summary>A step, as the ledger has it.</summary>
internal readonly ref struct LedgerLine
{
    /// <summary>The 1-based step: how many are completed with it.</summary>
    public required long Step { get; init; }

    /// <summary>The 1-based epoch.</summary>
    public required int Epoch { get; init; }

    /// <summary>How many samples the step had.</summary>
    public required int Samples { get; init; }

    /// <summary>The mean loss of the batch before the update.</summary>
    public required double Loss { get; init; }

    /// <summary>The learning rate after the schedule.</summary>
    public required double Rate { get; init; }

    /// <summary>The averaged gradient's norm before clipping.</summary>
    public required double GradientNorm { get; init; }

    /// <summary>Who answered what; together all shards, once.</summary>
    public required ReadOnlySpan<LedgerSpan> Spans { get; init; }

    /// <summary>How long the parts of the step took, in the order of the ledger's names.</summary>
    public ReadOnlySpan<double> Milliseconds { get; init; }
}

/// <summary>
/// The run's append-only history, <c>ledger.jsonl</c>: a line a step, the proof that every sample of an epoch was in exactly one update.
/// Appending allocates nothing.
/// </summary>
/// <param name="path">Where the file is.</param>
/// <param name="parts">The names of the parts of a step that are timed.</param>
/// <param name="time">The clock by which waiting lines are handed over.</param>
internal sealed class Ledger(string path, IReadOnlyList<string> parts, TimeProvider time) : JsonLinesFile(path, time)
{
    private static readonly JsonEncodedText Step = JsonEncodedText.Encode("step");
    private static readonly JsonEncodedText Epoch = JsonEncodedText.Encode("epoch");
    private static readonly JsonEncodedText Samples = JsonEncodedText.Encode("samples");
    private static readonly JsonEncodedText Loss = JsonEncodedText.Encode("loss");
    private static readonly JsonEncodedText Rate = JsonEncodedText.Encode("rate");
    private static readonly JsonEncodedText GradientNorm = JsonEncodedText.Encode("gradientNorm");
    private static readonly JsonEncodedText Spans = JsonEncodedText.Encode("spans");
    private static readonly JsonEncodedText Missing = JsonEncodedText.Encode("missing");
    private static readonly JsonEncodedText Milliseconds = JsonEncodedText.Encode("milliseconds");
    private readonly JsonEncodedText[] _parts = [.. parts.Select(p => JsonEncodedText.Encode(p))];

    /// <summary>Appends a line that says which steps have none: their lines were lost, their weights were not.</summary>
    /// <param name="after">The step that the ledger is at: lines are in the order of their steps.</param>
    /// <exception cref="Shared.Primitives.UserException">It cannot be written (storage); the run must stop.</exception>
    public void AppendMissing(long first, long last, long after)
    {
        BeginLine();
        Json.WriteNumber(Step, after);
        Json.WriteStartArray(Missing);
        Json.WriteNumberValue(first);
        Json.WriteNumberValue(last);
        Json.WriteEndArray();
        EndLine();
    }

    /// <summary>Appends a step's line.</summary>
    /// <exception cref="Shared.Primitives.UserException">It cannot be written (storage); the run must stop.</exception>
    public void Append(in LedgerLine line)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(line.Milliseconds.Length, _parts.Length, nameof(line));
        BeginLine();
        Json.WriteNumber(Step, line.Step);
        Json.WriteNumber(Epoch, line.Epoch);
        Json.WriteNumber(Samples, line.Samples);
        WriteNumber(Loss, line.Loss);
        WriteNumber(Rate, line.Rate);
        WriteNumber(GradientNorm, line.GradientNorm);
        Json.WriteStartArray(Spans);
        foreach (var span in line.Spans)
        {
            Json.WriteStartArray();
            Json.WriteNumberValue(span.Worker);
            Json.WriteNumberValue(span.First);
            Json.WriteNumberValue(span.Last);
            Json.WriteEndArray();
        }

        Json.WriteEndArray();
        Json.WriteStartObject(Milliseconds);
        for (var i = 0; i < line.Milliseconds.Length; i++)
        {
            WriteNumber(_parts[i], Math.Round(line.Milliseconds[i], 3));
        }

        Json.WriteEndObject();
        EndLine();
    }
}
