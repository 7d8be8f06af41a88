using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Storage;
using Backprop.Coordinator.Training;
using Backprop.Shared.Data;
using Backprop.Shared.Layers;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Diagnostics;

/// <summary>
/// A run's log, by which people watch it: its beginning and end here, workers in <c>RunLog.Workers.cs</c>, training in
/// <c>RunLog.Training.cs</c>. All methods: from any thread.
/// </summary>
internal sealed partial class RunLog : IClusterLog, IProgressDisplay, ILiveLine, IDisposable
{
    private const int LayersNamed = 12;
    private readonly ILogger _log;
    private readonly Rules _rules;
    private readonly RunProgress _progress;
    private readonly TimeProvider _time;
    private volatile int _present;

    /// <param name="log">Where lines go: a <see cref="LogOutput"/>'s logger.</param>
    /// <param name="rules">The run's length, and when it evaluates.</param>
    /// <param name="progress">How far, how good and how fast it is.</param>
    /// <param name="time">The clock.</param>
    public RunLog(ILogger log, Rules rules, RunProgress progress, TimeProvider time)
    {
        (_log, _rules, _progress, _time) = (log, rules, progress, time);
        _reassigned = new Throttle(time, TellReassigned);
        _slow = new Throttle(time, times => log.SlowMore(new Counted(times, "more time")));
        _shown = time.GetTimestamp();
    }

    /// <summary>How the data was read, and what looks like a mistake in it.</summary>
    public void Noted(IReadOnlyList<DataNote> notes)
    {
        foreach (var note in notes)
        {
            if (note.IsDoubt)
            {
                _log.Warned(note.Text);
            }
            else
            {
                _log.Said(note.Text);
            }
        }
    }

    /// <summary>The run begins.</summary>
    /// <param name="completed">How many steps it has behind it.</param>
    /// <param name="folder">Where its record is.</param>
    public void Begins(PreparedRun run, string identity, int completed, string folder) => _log.Begins(
        run.File.Name,
        Describe(run.File.Model),
        new Counted(run.Model.Layout.Count, "parameter"),
        new Counted(run.Data.Train.Count, "sample"),
        new Counted(run.Steps, "step"),
        run.File.Batch,
        new Counted(run.File.Shards, "shard"),
        completed + 1,
        folder,
        identity);

    /// <summary>With what this machine computes.</summary>
    /// <param name="workers">As in <c>2 workers in this process</c>.</param>
    /// <param name="count">How many they are, where none of them joins.</param>
    public void Computes(string workers, int count)
    {
        _present = count;
        _log.Computes(workers, Shared.Kernels.HardwareReport.Line);
    }

    /// <summary>The status page is there.</summary>
    public void StatusPage(string address) => _log.StatusPage(address);

    /// <summary>Somebody wants the run to stop.</summary>
    public void Stopping() => _log.Stopping();

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
            _log.Ended(
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
            _log.EndedBadly(
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

    /// <summary>How the run goes on.</summary>
    public void ResumeWith(string command) => _log.ResumeWith(command);

    /// <summary>The last line where there is no summary: the run could not begin, or its record could not be written.</summary>
    public void CannotGoOn(UserException failure)
    {
        SayWhatIsHeld();
        _log.CannotGoOn(failure.Message, (int)failure.ExitCode);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        SayWhatIsHeld();
        _reassigned.Dispose();
        _slow.Dispose();
        foreach (var throttle in _refused.Values)
        {
            throttle.Dispose();
        }
    }

    private static string Describe(IReadOnlyList<LayerSpec> layers)
    {
        var names = layers.Take(LayersNamed).Select(layer => Catalog<LayerSpec>.KindOf(layer.GetType()));
        return string.Join(" > ", layers.Count > LayersNamed ? names.Append($"... ({layers.Count} layers)") : names);
    }

    /// <summary>The sums that the throttles keep come before a last line, and so does an epoch that waits for its evaluation.</summary>
    private void SayWhatIsHeld()
    {
        _reassigned.TellNow();
        _slow.TellNow();
        lock (_gate)
        {
            foreach (var throttle in _refused.Values)
            {
                throttle.TellNow();
            }

            TellEpoch(null, false);
        }
    }
}
