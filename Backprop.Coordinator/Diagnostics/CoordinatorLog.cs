using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Storage;
using Backprop.Shared.Layers;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Diagnostics;

/// <summary>
/// A coordinator's log, by which people watch it: the run's beginning and end here, workers in <c>CoordinatorLog.Workers.cs</c>, training
/// in <c>CoordinatorLog.Training.cs</c>. All methods: from any thread.
/// </summary>
internal sealed partial class CoordinatorLog : IClusterLog, IProgressDisplay, IDisposable
{
    private const int LayersNamed = 12;
    private readonly ILogger _log;
    private readonly Rules _rules;
    private readonly TimeProvider _time;
    private volatile int _present;

    /// <param name="log">Where lines go: a <see cref="LogOutput"/>, or a <see cref="DisplayLogger"/>.</param>
    /// <param name="rules">The run's length, and when it evaluates.</param>
    /// <param name="time">The clock.</param>
    public CoordinatorLog(ILogger log, Rules rules, TimeProvider time)
    {
        (_log, _rules, _time) = (log, rules, time);
        _reassigned = new Throttle(time, shards => log.ReassignedMore(new Counted(shards, "more shard")));
        _slow = new Throttle(time, times => log.SlowMore(new Counted(times, "more time")));
        _shown = time.GetTimestamp();
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
        var status = NameOf(summary.Status);
        if (failure is null)
        {
            _log.Ended(
                status,
                summary.Steps,
                summary.Loss,
                EvaluationFigures.Of(summary.Evaluation, "; evaluated: "),
                summary.SecondsTraining,
                summary.SamplesPerSecond,
                summary.WeightsSha256,
                folder,
                (int)exitCode);
        }
        else
        {
            _log.EndedBadly(
                status,
                summary.Steps,
                failure.Message,
                summary.Loss,
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

    private static string NameOf(RunStatus status) => status switch
    {
        RunStatus.Completed => "completed",
        RunStatus.Stopped => "stopped",
        RunStatus.Diverged => "diverged",
        RunStatus.Failed => "failed",
    };

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
