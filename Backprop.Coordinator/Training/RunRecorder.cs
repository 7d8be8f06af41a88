using Backprop.Coordinator.Core;
using Backprop.Coordinator.Embedded;
using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Storage;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Metrics;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Training;

/// <summary>Writes down what happens in a run: ledger, metrics, checkpoints, and the line that people watch.</summary>
internal sealed class RunRecorder : IRunObserver
{
    /// <summary>The parts of a step that the ledger times.</summary>
    public static readonly string[] Parts = ["compute", "reduce", "update", "step"];

    private readonly PreparedRun _run;
    private readonly IProgressDisplay _display;
    private readonly Checkpoint _template;
    private readonly CheckpointTensors _tensors;
    private readonly LedgerSpan[] _spans;
    private readonly double[] _milliseconds = new double[Parts.Length];
    private readonly string[] _metricNames;
    private RunStorage? _storage;
    private Action<bool>? _checkpointDone;
    private long _firstSamples;
    private double _firstSeconds;

    /// <param name="template">What every checkpoint of the run says of it.</param>
    public RunRecorder(PreparedRun run, Checkpoint template, CheckpointTensors tensors, IProgressDisplay display)
    {
        (_run, _template, _tensors, _display) = (run, template, tensors, display);
        _spans = new LedgerSpan[run.File.Shards];
        _metricNames = [.. run.Metrics.Select(m => Catalog<MetricSpec>.KindOf(m.GetType()))];
        Times = new StepTimes(run.Steps);
        BestValue = template.BestValue;
    }

    /// <summary>How long the steps took.</summary>
    public StepTimes Times { get; }

    /// <summary>The newest step; its number is 0 where there was none.</summary>
    public StepReport Last { get; private set; }

    /// <summary>The newest evaluation by name, <c>loss</c> first; empty where there was none.</summary>
    public Dictionary<string, double> Evaluation { get; } = [];

    /// <summary>The first metric's best value so far.</summary>
    public double BestValue { get; private set; }

    /// <summary>Why the newest checkpoint failed; null where it did not.</summary>
    public UserException? CheckpointFailure { get; private set; }

    /// <summary>Where the newest durable checkpoint is.</summary>
    public string? CheckpointPath { get; private set; }

    /// <summary>Ends the run because its logs cannot be made durable; to be set before it begins.</summary>
    public Action<UserException> StopForStorage { get; set; } = _ => { };

    /// <summary>From now on things are written there.</summary>
    public void Open(RunStorage storage) => _storage = storage;

    /// <inheritdoc/>
    public void Committed(in StepReport step, ReadOnlySpan<AcceptedSpan> answers)
    {
        Last = step;
        Times.Add(step.StepMilliseconds, step.Samples);
        for (var i = 0; i < answers.Length; i++)
        {
            _spans[i] = new LedgerSpan(answers[i].Worker, answers[i].Span.First, answers[i].Span.End - 1);
        }

        (_milliseconds[0], _milliseconds[1]) = (step.ComputeMilliseconds, step.ReduceMilliseconds);
        (_milliseconds[2], _milliseconds[3]) = (step.UpdateMilliseconds, step.StepMilliseconds);
        _storage?.Ledger.Append(new LedgerLine
        {
            Step = step.Step,
            Epoch = step.Epoch,
            Samples = step.Samples,
            Loss = step.Loss,
            Rate = step.Rate,
            GradientNorm = step.GradientNorm,
            Spans = _spans.AsSpan(0, answers.Length),
            Milliseconds = _milliseconds,
        });
        if (Times.Count == 1)
        {
            (_firstSamples, _firstSeconds) = (Times.Samples, Times.Seconds);
        }

        _display.Step(step, Pace);
    }

    /// <inheritdoc/>
    public bool Evaluated(int step, double[] results)
    {
        Evaluation["loss"] = results[0];
        for (var i = 0; i < _metricNames.Length; i++)
        {
            Evaluation[_metricNames[i]] = results[i + 1];
        }

        var (value, higher) = _metricNames.Length > 0 ? (results[1], _run.Metrics[0].HigherIsBetter) : (results[0], false);
        var best = double.IsFinite(value) && (double.IsNaN(BestValue) || (higher ? value > BestValue : value < BestValue));
        BestValue = best ? value : BestValue;
        var epoch = Last.Step == step ? Last.Epoch : 0;
        var metrics = _metricNames.Select((name, i) => KeyValuePair.Create(name, results[i + 1])).ToArray();
        _storage?.Metrics.Append(new MetricsLine(step, epoch, results[0], metrics, best));
        _display.Evaluated(step, epoch, Evaluation, best);
        return best;
    }

    /// <inheritdoc/>
    public void Checkpoint(in StepReport step, bool best, Action<bool> done)
    {
        _checkpointDone = done;
        var samplesPerEpoch = (long)_run.Data.Train.Count;
        var epochsBefore = step.Epoch - 1;
        var samplesOfEpoch = Math.Min(samplesPerEpoch, (step.Step - (epochsBefore * StepsPerEpoch)) * _run.File.Batch);
        _storage!.BeginCheckpoint(
            _template with
            {
                Step = step.Step,
                Epoch = step.Epoch,
                Samples = (epochsBefore * samplesPerEpoch) + samplesOfEpoch,
                Loss = step.Loss,
                SecondsTraining = _template.SecondsTraining + Times.Seconds,
                IsBest = best,
                BestValue = BestValue,
            },
            _tensors);
    }

    /// <inheritdoc/>
    public void Said(string line) => _display.Said(line);

    /// <summary>Told in the background how a checkpoint ended.</summary>
    public void CheckpointEnded(CheckpointOutcome outcome)
    {
        CheckpointFailure = outcome.Failure;
        if (outcome.Failure is { } broken && outcome.StopsRun)
        {
            StopForStorage(broken);
            return;
        }

        if (outcome.Failure is { } failure)
        {
            _display.NotDurable(outcome.Step, failure.Message);
        }
        else
        {
            CheckpointPath = outcome.Path;
            _display.Durable(outcome.Step, outcome.Path);
        }

        _checkpointDone?.Invoke(outcome.Failure is null);
    }

    /// <summary>Samples per second without the first step, in which the code is still being compiled.</summary>
    private double Pace => Times.Count > 1
        ? (Times.Samples - _firstSamples) / (Times.Seconds - _firstSeconds)
        : Times.SamplesPerSecond;

    private long StepsPerEpoch => Shared.Runs.RunLength.StepsPerEpoch(_run.Data.Train.Count, _run.File.Batch);
}
