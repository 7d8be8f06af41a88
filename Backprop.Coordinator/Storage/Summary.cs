using System.Text.Json;
using System.Text.Json.Serialization;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Storage;

/// <summary>How a run ended.</summary>
internal enum RunStatus
{
    /// <summary>All steps are done.</summary>
    [JsonStringEnumMemberName("completed")]
    Completed,

    /// <summary>It was stopped, with a checkpoint.</summary>
    [JsonStringEnumMemberName("stopped")]
    Stopped,

    /// <summary>A value became NaN or infinite.</summary>
    [JsonStringEnumMemberName("diverged")]
    Diverged,

    /// <summary>Something else ended it.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}

/// <summary>The words for <see cref="RunStatus"/>.</summary>
internal static class RunStatusWords
{
    /// <summary>The word, in lower case.</summary>
    public static string Of(RunStatus status) => status switch
    {
        RunStatus.Completed => "completed",
        RunStatus.Stopped => "stopped",
        RunStatus.Diverged => "diverged",
        RunStatus.Failed => "failed",
    };
}

/// <summary>The best evaluation of a run.</summary>
/// <param name="Step">How many steps were completed.</param>
/// <param name="Epoch">The 1-based epoch of the last of them.</param>
/// <param name="Evaluation">By metric, <c>loss</c> first.</param>
/// <param name="Checkpoint">Its checkpoint, relative to the run folder; null where it could not be written.</param>
internal sealed record BestEvaluation(long Step, int Epoch, IReadOnlyDictionary<string, double> Evaluation, string? Checkpoint);

/// <summary>How long steps took.</summary>
/// <param name="Median">Half of them took at most this.</param>
/// <param name="P95">95 % of them took at most this.</param>
internal sealed record StepMilliseconds(double Median, double P95);

/// <summary>The end of a run in one small file, <c>summary.json</c>. Numbers that are not finite are written as null.</summary>
internal sealed record Summary
{
    /// <summary>How it ended.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>How many steps were committed.</summary>
    public required long Steps { get; init; }

    /// <summary>How many epochs were completed.</summary>
    public required int Epochs { get; init; }

    /// <summary>How many samples went into the steps.</summary>
    public required long Samples { get; init; }

    /// <summary>
    /// The mean loss over the samples of the last whole epoch, each before its step's update; where no epoch was whole, over those of the
    /// steps so far; NaN where there were none.
    /// </summary>
    public required double Loss { get; init; }

    /// <summary>The last evaluation by metric, <c>loss</c> first; empty where there was none.</summary>
    public required IReadOnlyDictionary<string, double> Evaluation { get; init; }

    /// <summary>After how many steps that was; 0 where there was none.</summary>
    public long EvaluationStep { get; init; }

    /// <summary>The best evaluation by the first metric, or by the loss where there is none; left out where there was none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BestEvaluation? Best { get; init; }

    /// <summary>The newest durable checkpoint, relative to the run folder; left out where there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Checkpoint { get; init; }

    /// <summary>The hash of the weights; see <see cref="WeightsHash"/>.</summary>
    public required string WeightsSha256 { get; init; }

    /// <summary>Samples per second of training, all resumed parts together.</summary>
    public required double SamplesPerSecond { get; init; }

    /// <summary>How long a step took in the part that was run last.</summary>
    public required StepMilliseconds StepMilliseconds { get; init; }

    /// <summary>Time spent training, all resumed parts together.</summary>
    public required double SecondsTraining { get; init; }

    /// <summary>How many workers there were at the end.</summary>
    public required int Workers { get; init; }

    /// <summary>Bytes sent to workers; 0 in one process, as the four below.</summary>
    public long BytesSent { get; init; }

    /// <summary>Bytes received from workers.</summary>
    public long BytesReceived { get; init; }

    /// <summary>How often a worker joined.</summary>
    public long WorkersJoined { get; init; }

    /// <summary>How often a worker was lost; those that left by their own wish are not.</summary>
    public long WorkersLost { get; init; }

    /// <summary>How many shards were given to a second worker.</summary>
    public long ShardsComputedAgain { get; init; }

    /// <summary>The version of the arithmetic.</summary>
    public required int NumericsVersion { get; init; }

    /// <summary>As it stands in the file.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, SummaryJson.Default.Summary);

    /// <summary>Writes the file, whole or not at all.</summary>
    /// <exception cref="UserException">It cannot be written (storage).</exception>
    public void Write(string path) => DurableFile.Replace(path, stream => stream.Write(ToJson()));

    /// <summary>Reads a file; null where there is none, or none that can be read.</summary>
    public static Summary? TryRead(string path)
    {
        try
        {
            return File.Exists(path) ? Read(path) : null;
        }
        catch (UserException)
        {
            return null;
        }
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="UserException">It cannot be read or is no summary (storage).</exception>
    public static Summary Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), SummaryJson.Default.Summary)
                ?? throw new JsonException("It is null.");
        }
        catch (Exception problem) when (problem is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new UserException(
                ExitCode.Storage, $"{path} is no readable summary ({Shown.Reason(problem)}); train again or resume.", problem);
        }
    }
}

/// <summary>Writes NaN and infinities as null, and reads null as NaN.</summary>
internal sealed class FiniteOrNull : JsonConverter<double>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? double.NaN : reader.GetDouble();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, WriteIndented = true, NewLine = "\n",
    Converters = [typeof(FiniteOrNull)])]
[JsonSerializable(typeof(Summary))]
internal sealed partial class SummaryJson : JsonSerializerContext;
