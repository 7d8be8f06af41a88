using System.Globalization;
using Backprop.Coordinator.Storage;

namespace Backprop.Coordinator.Progress;

/// <summary>The end of a run on stdout: what its summary says, for people.</summary>
internal static class Conclusion
{
    /// <summary>Three lines; a fourth where worker processes took part.</summary>
    /// <param name="folder">Where the record is.</param>
    public static string Text(Summary summary, string folder)
    {
        var evaluation = string.Concat(summary.Evaluation.Where(e => e.Key != "loss").Select(e => $", {Figures.Text(e.Key, e.Value)}"));
        var status = summary.Status == RunStatus.Stopped ? "stopped" : "completed";
        var cluster = summary.WorkersJoined == 0 ? "" : string.Create(
            CultureInfo.InvariantCulture,
            $"\nworkers {summary.WorkersJoined} joined, {summary.WorkersLost} lost, {summary.ShardsComputedAgain} shards computed again, "
            + $"{Figures.Bytes(summary.BytesSent)} sent, {Figures.Bytes(summary.BytesReceived)} received");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{status} after step {summary.Steps}: loss {summary.Loss:G5}{evaluation}, "
            + $"{summary.SecondsTraining:F2} s, {summary.SamplesPerSecond:N0} samples/s")
            + $"{cluster}\nweights sha256 {summary.WeightsSha256}\nrecord {folder}";
    }
}
