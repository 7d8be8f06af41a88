using System.Globalization;
using System.Text;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Coordinator.Progress;

namespace Backprop.Coordinator.Diagnostics;

/// <summary>A status for people.</summary>
internal static class StatusText
{
    private const int NameMaximum = 32;

    private static readonly (string Title, bool Right, Func<WorkerStatus, string> Of)[] Columns =
    [
        ("id", true, w => $"w{w.Id}"),
        ("name", false, w => Short(w.Name)),
        ("address", false, w => Short(w.Address)),
        ("slots", true, w => $"{w.Slots}"),
        ("state", false, w => Short(w.State)),
        ("samples/s", true, w => Number(w.SamplesPerSecond)),
        ("shards", true, w => Number(w.Shards)),
        ("sent", true, w => Figures.Bytes(w.BytesSent)),
        ("received", true, w => Figures.Bytes(w.BytesReceived)),
        ("last heard", true, w => string.Create(CultureInfo.InvariantCulture, $"{w.LastHeardSeconds:F1} s ago")),
    ];

    /// <summary>The run in a few lines.</summary>
    public static string Of(ClusterStatus status)
    {
        var text = new StringBuilder();
        Line("run", $"{PlainText.Of(status.Run)}, {PlainText.Of(status.Phase)}");
        Line("identity", PlainText.Of(status.Identity));
        Line("step", $"{status.Step:N0} of {status.Steps:N0}, epoch {status.Epoch} of {status.Epochs}");
        if (double.IsFinite(status.Loss))
        {
            Line("loss", $"{status.Loss:G5}, learning rate {status.Rate:G4}");
        }

        if (status.Evaluation.Count > 0)
        {
            Line("evaluation", PlainText.Of(EvaluationFigures.Of(status.Evaluation).ToString()));
        }

        if (status.Best.Count > 0)
        {
            Line("best", PlainText.Of(EvaluationFigures.Of(status.Best, after: $" after step {status.BestStep:N0}").ToString()));
        }

        if (status.StepsCommitted > 0)
        {
            Line(
                "speed",
                $"{status.SamplesPerSecond:N0} samples/s, a step in {status.MedianStepMilliseconds:G4} ms; "
                + $"time left {new Duration(status.SecondsLeft)}");
        }

        Line("checkpoint", status.CheckpointStep > 0 ? $"after step {status.CheckpointStep:N0}" : "none yet");
        Line(
            "workers",
            $"{status.WorkersPresent} of {status.WorkersMinimum} to {status.WorkersMaximum}; {status.WorkersJoined:N0} joined, "
            + $"{status.WorkersLost:N0} lost");
        Line(
            "again",
            $"{new Counted(status.ShardsComputedAgain, "shard")} computed again, {new Counted(status.AnswersDropped, "answer")} dropped");
        Line("network", $"{Figures.Bytes(status.BytesSent)} sent, {Figures.Bytes(status.BytesReceived)} received");
        return text.ToString();

        void Line(string name, string value) => text.Append(CultureInfo.InvariantCulture, $"{name,-12}{value}\n");
    }

    /// <summary>The workers as a table.</summary>
    public static string Table(IReadOnlyList<WorkerStatus> workers)
    {
        if (workers.Count == 0)
        {
            return "no workers\n";
        }

        string[][] rows = [[.. Columns.Select(c => c.Title)], .. workers.Select(w => Columns.Select(c => c.Of(w)).ToArray())];
        var widths = Enumerable.Range(0, Columns.Length).Select(c => rows.Max(row => row[c].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var row in rows)
        {
            var cells = row.Select((cell, c) => Columns[c].Right ? cell.PadLeft(widths[c]) : cell.PadRight(widths[c]));
            text.Append(string.Join("  ", cells).TrimEnd()).Append('\n');
        }

        return text.ToString();
    }

    private static string Number(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Short(string text)
    {
        var plain = PlainText.Of(text);
        return plain.Length > NameMaximum ? plain[..(NameMaximum - 3)] + "..." : plain;
    }
}
