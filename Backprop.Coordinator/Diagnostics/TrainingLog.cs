using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Training;
using Backprop.Shared.Checkpoints;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Diagnostics;

/// <summary>The training in the log: a line an epoch with its evaluation, one every ten seconds in between, and checkpoints.</summary>
/// <param name="log">Where lines go.</param>
/// <param name="rules">The run's length, and when it evaluates.</param>
/// <param name="progress">How far, how good and how fast it is.</param>
/// <param name="time">The clock.</param>
internal sealed class TrainingLog(ILogger log, Rules rules, RunProgress progress, TimeProvider time)
    : IProgressDisplay, IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);
    private readonly Lock _gate = new();
    private readonly int _epochs = rules.EpochOf(rules.Steps);
    private long _shown = time.GetTimestamp();
    private long _samples;
    private double _milliseconds;
    private StepReport? _epochEnd;
    private double _epochLoss;

    /// <inheritdoc/>
    public void Step(in StepReport step)
    {
        lock (_gate)
        {
            TellEpoch(null, false);
            _samples += step.Samples;
            _milliseconds += step.StepMilliseconds;
            if (step.Step % rules.StepsPerEpoch == 0 || step.Step == rules.Steps)
            {
                (_epochEnd, _epochLoss) = (step, progress.NewestLoss);
                if (!rules.EvaluatesAfter(step.Step))
                {
                    TellEpoch(null, false);
                }
            }
            else if (time.GetElapsedTime(_shown) >= Every)
            {
                _shown = time.GetTimestamp();
                log.Progress(
                    step.Epoch,
                    _epochs,
                    step.Step,
                    rules.Steps,
                    new LossNow(progress.NewestLoss),
                    step.Rate,
                    progress.SamplesPerSecond,
                    new Duration(progress.SecondsLeft),
                    Counted.Workers(progress.Attendance.Present));
            }
        }
    }

    /// <inheritdoc/>
    public void Evaluated(Evaluation evaluation, bool best)
    {
        lock (_gate)
        {
            if (_epochEnd is { } end && end.Step == evaluation.Step)
            {
                TellEpoch(evaluation.Results, best);
            }
            else
            {
                log.Evaluated((int)evaluation.Step, EvaluationFigures.Of(evaluation.Results, after: best ? " (best)" : ""), best);
            }
        }
    }

    /// <inheritdoc/>
    public void Durable(long step, string path) => log.CheckpointDurable(step, path);

    /// <inheritdoc/>
    public void NotDurable(long step, string reason) => log.CheckpointFailed(step, reason);

    /// <inheritdoc/>
    public void Said(string line) => log.Said(line);

    /// <inheritdoc/>
    public void Warned(string line) => log.Warned(line);

    /// <summary>The epoch that still waits for its evaluation, before something final is said.</summary>
    public void TellNow()
    {
        lock (_gate)
        {
            TellEpoch(null, false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => TellNow();

    /// <summary>Tells of the epoch that has ended and was not told of, if there is one. Under the lock.</summary>
    private void TellEpoch(IReadOnlyDictionary<string, double>? results, bool best)
    {
        if (_epochEnd is not { } end)
        {
            return;
        }

        log.EpochDone(
            end.Epoch,
            _epochs,
            new LossNow(_epochLoss),
            _milliseconds > 0 ? _samples * 1000 / _milliseconds : 0,
            Counted.Workers(progress.Attendance.Present),
            EvaluationFigures.Of(results ?? new Dictionary<string, double>(), "; evaluated: ", best ? " (best)" : ""),
            end.Step,
            best);
        (_epochEnd, _samples, _milliseconds) = (null, 0, 0);
        _shown = time.GetTimestamp();
    }
}
