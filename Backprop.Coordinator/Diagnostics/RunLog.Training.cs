using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Coordinator.Embedded;
using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Training;
using Backprop.Shared.Checkpoints;

namespace Backprop.Coordinator.Diagnostics;

/// <summary>The training: a line an epoch, and one every ten seconds in between; on a terminal one that changes.</summary>
internal sealed partial class RunLog
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);
    private readonly Lock _gate = new();
    private long _shown;
    private long _samples;
    private double _milliseconds;
    private StepReport _newest;
    private StepReport? _epochEnd;
    private double _epochLoss;

    /// <inheritdoc/>
    public void Step(in StepReport step)
    {
        lock (_gate)
        {
            TellEpoch(null, false);
            _newest = step;
            _samples += step.Samples;
            _milliseconds += step.StepMilliseconds;
            if (step.Step % _rules.StepsPerEpoch == 0 || step.Step == _rules.Steps)
            {
                (_epochEnd, _epochLoss) = (step, _progress.NewestLoss);
                if (!_rules.EvaluatesAfter(step.Step))
                {
                    TellEpoch(null, false);
                }
            }
            else if (_time.GetElapsedTime(_shown) >= Every)
            {
                _shown = _time.GetTimestamp();
                _log.Progress(
                    step.Epoch,
                    Epochs,
                    step.Step,
                    _rules.Steps,
                    new LossNow(_progress.NewestLoss),
                    step.Rate,
                    _progress.SamplesPerSecond,
                    new Duration(_progress.SecondsLeft),
                    new Counted(_present, "worker"));
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
                _log.Evaluated((int)evaluation.Step, EvaluationFigures.Of(evaluation.Results, after: best ? " (best)" : ""), best);
            }
        }
    }

    /// <inheritdoc/>
    public void Durable(long step, string path) => _log.CheckpointDurable(step, path);

    /// <inheritdoc/>
    public void NotDurable(long step, string reason) => _log.CheckpointFailed(step, reason);

    /// <inheritdoc/>
    public void Said(string line) => _log.Said(line);

    /// <inheritdoc/>
    public void Warned(string line) => _log.Warned(line);

    /// <inheritdoc/>
    public string? Text(int width)
    {
        StepReport step;
        lock (_gate)
        {
            step = _newest;
        }

        if (_missing is { } missing)
        {
            return LiveLine.Fit(width, (1, $"waiting for workers: {_present} of {missing}"), (2, $"step {step.Step}/{_rules.Steps}"));
        }

        var left = new Duration(_progress.SecondsLeft);
        var metric = _progress.Last?.Results.Skip(1).Select(result => Figures.Text(result.Key, result.Value)).FirstOrDefault();
        return step.Step == 0 ? null : LiveLine.Fit(
            width,
            (6, $"epoch {step.Epoch}/{Epochs}"),
            (1, $"step {step.Step}/{_rules.Steps}"),
            (2, Figures.Loss(_progress.NewestLoss)),
            (4, metric ?? ""),
            (5, Figures.Speed(_progress.SamplesPerSecond)),
            (3, $"{left} left"),
            (7, new Counted(_present, "worker").ToString()));
    }

    private int Epochs => (int)(((long)_rules.Steps + _rules.StepsPerEpoch - 1) / _rules.StepsPerEpoch);

    /// <summary>Tells of the epoch that has ended and was not told of, if there is one. Under the lock.</summary>
    private void TellEpoch(IReadOnlyDictionary<string, double>? results, bool best)
    {
        if (_epochEnd is not { } end)
        {
            return;
        }

        _log.EpochDone(
            end.Epoch,
            Epochs,
            new LossNow(_epochLoss),
            _milliseconds > 0 ? _samples * 1000 / _milliseconds : 0,
            new Counted(_present, "worker"),
            EvaluationFigures.Of(results ?? new Dictionary<string, double>(), "; evaluated: ", best ? " (best)" : ""),
            end.Step,
            best);
        (_epochEnd, _samples, _milliseconds) = (null, 0, 0);
        _shown = _time.GetTimestamp();
    }
}
