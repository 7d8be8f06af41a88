using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Coordinator.Embedded;

namespace Backprop.Coordinator.Diagnostics;

/// <summary>The training: a line an epoch, and one every ten seconds in between.</summary>
internal sealed partial class CoordinatorLog
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);
    private readonly Lock _gate = new();
    private long _shown;
    private double _lossSum;
    private long _samples;
    private double _milliseconds;
    private StepReport? _epochEnd;

    /// <inheritdoc/>
    public void Step(in StepReport step, double samplesPerSecond)
    {
        lock (_gate)
        {
            TellEpoch(null, false);
            _lossSum += step.Loss * step.Samples;
            _samples += step.Samples;
            _milliseconds += step.StepMilliseconds;
            if (step.Step % _rules.StepsPerEpoch == 0 || step.Step == _rules.Steps)
            {
                _epochEnd = step;
                if (!_rules.EvaluatesAfter(step.Step))
                {
                    TellEpoch(null, false);
                }
            }
            else if (_time.GetElapsedTime(_shown) >= Every)
            {
                _shown = _time.GetTimestamp();
                var left = (_rules.Steps - step.Step) * (double)_rules.Batch / samplesPerSecond;
                _log.Progress(
                    step.Epoch,
                    Epochs,
                    step.Step,
                    _rules.Steps,
                    step.Loss,
                    step.Rate,
                    samplesPerSecond,
                    new Duration(samplesPerSecond > 0 ? left : 0),
                    new Counted(_present, "worker"));
            }
        }
    }

    /// <inheritdoc/>
    public void Evaluated(int step, int epoch, IReadOnlyDictionary<string, double> results, bool best)
    {
        lock (_gate)
        {
            if (_epochEnd is { } end && end.Step == step)
            {
                TellEpoch(results, best);
            }
            else
            {
                _log.Evaluated(step, EvaluationFigures.Of(results, after: best ? " (best)" : ""), best);
            }
        }
    }

    /// <inheritdoc/>
    public void Durable(long step, string path) => _log.CheckpointDurable(step, path);

    /// <inheritdoc/>
    public void NotDurable(long step, string reason) => _log.CheckpointFailed(step, reason);

    /// <inheritdoc/>
    public void Said(string line) => _log.Said(line);

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
            _lossSum / _samples,
            _milliseconds > 0 ? _samples * 1000 / _milliseconds : 0,
            new Counted(_present, "worker"),
            EvaluationFigures.Of(results ?? new Dictionary<string, double>(), "; evaluated: ", best ? " (best)" : ""),
            end.Step,
            best);
        (_epochEnd, _lossSum, _samples, _milliseconds) = (null, 0, 0, 0);
        _shown = _time.GetTimestamp();
    }
}
