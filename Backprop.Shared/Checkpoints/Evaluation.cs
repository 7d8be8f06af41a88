using System.Text.Json;

namespace Backprop.Shared.Checkpoints;

/// <summary>An evaluation of a run.</summary>
/// <param name="Step">How many steps were completed.</param>
/// <param name="Epoch">The 1-based epoch of the last of them.</param>
/// <param name="Results">By name, <c>loss</c> first, then the metrics in the run file's order.</param>
internal sealed record Evaluation(long Step, int Epoch, IReadOnlyDictionary<string, double> Results)
{
    /// <summary>As it stands in a checkpoint; every value comes back with the same bits.</summary>
    public static string ToJson(Evaluation? evaluation) => JsonSerializer.Serialize(evaluation, CheckpointJson.Default.Evaluation);

    /// <summary>Reads what <see cref="ToJson"/> wrote; null where that says null.</summary>
    /// <exception cref="JsonException">It is nothing of the kind.</exception>
    public static Evaluation? FromJson(string json) =>
        JsonSerializer.Deserialize(json, CheckpointJson.Default.Evaluation) is { Results: not null } evaluation ? evaluation : null;
}
