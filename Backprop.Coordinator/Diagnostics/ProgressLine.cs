using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Training;

namespace Backprop.Coordinator.Diagnostics;

/// <summary>How far, how good and how fast a run is, in the line that changes.</summary>
/// <param name="rules">The run's length.</param>
/// <param name="progress">Read whenever the line is drawn.</param>
internal sealed class ProgressLine(Rules rules, RunProgress progress) : ILiveLine
{
    /// <inheritdoc/>
    public string? Text(int width)
    {
        var (step, present, needed) = (progress.Step, progress.Attendance.Present, progress.Attendance.Needed);
        if (progress.Attendance.IsPaused)
        {
            return LiveLine.Fit(width, (1, "paused"), (2, $"step {step}/{rules.Steps}"));
        }

        if (needed > 0)
        {
            return LiveLine.Fit(width, (1, $"waiting for workers: {present} of {needed}"), (2, $"step {step}/{rules.Steps}"));
        }

        var left = new Duration(progress.SecondsLeft);
        var metric = progress.Last?.Results.Skip(1).Select(result => Figures.Text(result.Key, result.Value)).FirstOrDefault();
        return step == 0 ? null : LiveLine.Fit(
            width,
            (6, $"epoch {rules.EpochOf(step)}/{rules.EpochOf(rules.Steps)}"),
            (1, $"step {step}/{rules.Steps}"),
            (2, Figures.Loss(progress.NewestLoss)),
            (4, metric ?? ""),
            (5, Figures.Speed(progress.SamplesPerSecond)),
            (3, $"{left} left"),
            (7, Counted.Workers(present).ToString()));
    }
}
