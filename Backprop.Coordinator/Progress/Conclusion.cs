using System.Globalization;
using System.Text;
using Backprop.Coordinator.Storage;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Progress;

/// <summary>The end of a run on stdout: what its summary says, in a small table for people.</summary>
internal static class Conclusion
{
    /// <summary>As wide as the longest name.</summary>
    private const int NameWidth = 8;

    /// <summary>How the run ended; best and last evaluation with their checkpoints; loss, time and speed; hash and record.</summary>
    /// <param name="folder">Where the record is.</param>
    public static string Text(Summary summary, string folder)
    {
        var text = new StringBuilder(Ending(summary));
        if (summary.Best is { } best)
        {
            var isLast = best.Step == summary.EvaluationStep;
            Line("best", $"{Results(best.Evaluation)}, step {best.Step}{(isLast ? ", the last" : "")}{At(best.Checkpoint)}");
        }

        if (summary.Evaluation.Count > 0 && summary.Best?.Step != summary.EvaluationStep)
        {
            var isKept = Path.GetFileName(summary.Checkpoint) == CheckpointStore.FileName(summary.EvaluationStep);
            Line("last", $"{Results(summary.Evaluation)}, step {summary.EvaluationStep}{At(isKept ? summary.Checkpoint : null)}");
        }

        if (double.IsFinite(summary.Loss))
        {
            Line("loss", string.Create(CultureInfo.InvariantCulture, $"{summary.Loss:G5} in training, the mean of {MeanOf(summary)}"));
        }

        var seconds = string.Create(CultureInfo.InvariantCulture, $"{summary.SecondsTraining:F2} s");
        Line("time", $"{seconds}, {Figures.Speed(summary.SamplesPerSecond)}");
        if (summary.WorkersJoined > 0)
        {
            Line(
                "workers",
                $"{summary.WorkersJoined} joined, {summary.WorkersLost} lost, {new Quantity(summary.ShardsComputedAgain, "shard")} "
                + $"computed again, {Figures.Bytes(summary.BytesSent)} sent, {Figures.Bytes(summary.BytesReceived)} received");
        }

        Line("weights", $"sha256 {summary.WeightsSha256}");
        Line("record", folder);
        return text.ToString();

        void Line(string name, string value) => text.Append('\n').Append(name.PadRight(NameWidth)).Append(value);

        string At(string? checkpoint) => checkpoint is null ? "" : $": {Path.Combine(folder, checkpoint)}";
    }

    /// <summary>As in <c>completed after step 690</c>.</summary>
    public static string Ending(Summary summary) => summary.Steps == 0
        ? $"{RunStatusWords.Of(summary.Status)} before the first step"
        : $"{RunStatusWords.Of(summary.Status)} after step {summary.Steps}";

    private static string MeanOf(Summary summary) =>
        summary.Epochs > 0 ? $"epoch {summary.Epochs}" : $"{new Quantity(summary.Steps, "step")}";

    /// <summary>The metrics, then the loss.</summary>
    private static string Results(IReadOnlyDictionary<string, double> results) =>
        string.Join(", ", results.Skip(1).Concat(results.Take(1)).Select(result => Figures.Text(result.Key, result.Value)));
}
