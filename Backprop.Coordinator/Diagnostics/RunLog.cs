using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Storage;
using Backprop.Shared.Data;
using Backprop.Shared.Layers;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Diagnostics;

/// <summary>A run's beginning and end in its log.</summary>
/// <param name="log">Where lines go: a <see cref="LogOutput"/>'s logger.</param>
/// <param name="workers">Whose sums come before the last line.</param>
/// <param name="training">Whose last epoch does.</param>
internal sealed class RunLog(ILogger log, WorkerLog workers, TrainingLog training)
{
    private const int LayersNamed = 12;

    /// <summary>How the data was read, and what looks like a mistake in it.</summary>
    public void Noted(IReadOnlyList<DataNote> notes)
    {
        foreach (var note in notes)
        {
            if (note.IsDoubt)
            {
                log.Warned(note.Text);
            }
            else
            {
                log.Said(note.Text);
            }
        }
    }

    /// <summary>The run begins.</summary>
    /// <param name="completed">How many steps it has behind it.</param>
    /// <param name="folder">Where its record is.</param>
    public void Begins(PreparedRun run, string identity, int completed, string folder) => log.Begins(
        run.File.Name,
        Describe(run.File.Model),
        new Counted(run.Model.Layout.Count, "parameter"),
        new Counted(run.Data.Train.Count, "sample"),
        new Counted(run.Steps, "step"),
        run.File.Batch,
        Counted.Shards(run.File.Shards),
        completed + 1,
        folder,
        identity);

    /// <summary>The last line of a run that has a summary.</summary>
    /// <param name="folder">Where its record is.</param>
    /// <param name="exitCode">With which the process will leave.</param>
    /// <param name="failure">Why it ended before its time; null where it was completed or stopped.</param>
    public void Ended(Summary summary, string folder, ExitCode exitCode, UserException? failure)
    {
        SayWhatIsHeld();
        var status = RunStatusWords.Of(summary.Status);
        if (failure is null)
        {
            log.Ended(
                Conclusion.Ending(summary),
                status,
                summary.Steps,
                new LossFigure(summary.Loss),
                EvaluationFigures.Of(summary.Evaluation, "; evaluated: "),
                EvaluationFigures.Of(
                    summary.Best?.Evaluation ?? new Dictionary<string, double>(), "; best: ", $" after step {summary.Best?.Step}"),
                summary.Best?.Step ?? 0,
                summary.SecondsTraining,
                summary.SamplesPerSecond,
                summary.WeightsSha256,
                folder,
                (int)exitCode);
        }
        else
        {
            log.EndedBadly(
                Conclusion.Ending(summary),
                status,
                summary.Steps,
                failure.Message,
                new LossFigure(summary.Loss),
                EvaluationFigures.Of(summary.Evaluation),
                summary.WeightsSha256,
                folder,
                (int)exitCode);
        }
    }

    /// <summary>The last line where there is no summary: the run could not begin, or its record could not be written.</summary>
    public void CannotGoOn(UserException failure)
    {
        SayWhatIsHeld();
        log.CannotGoOn(failure.Message, (int)failure.ExitCode);
    }

    private static string Describe(IReadOnlyList<LayerSpec> layers)
    {
        var names = layers.Take(LayersNamed).Select(layer => Catalog<LayerSpec>.KindOf(layer.GetType()));
        return string.Join(" > ", layers.Count > LayersNamed ? names.Append($"... ({layers.Count} layers)") : names);
    }

    private void SayWhatIsHeld()
    {
        workers.TellNow();
        training.TellNow();
    }
}
