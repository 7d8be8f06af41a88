using Backprop.Coordinator.Core;
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
    private readonly RunProgress _progress;
    private readonly Rules _rules;
    private readonly Checkpoint _template;
    private readonly CheckpointTensors _tensors;
    private readonly LedgerSpan[] _spans;
    private readonly double[] _milliseconds = new double[Parts.Length];
    private readonly string[] _metricNames;
    private RunStorage? _storage;
    private Action<bool>? _checkpointDone;
    private double _bestValue;

    /// <param name="rules">Its length.</param>
    /// <param name="template">What every checkpoint of the run says of it.</param>
    /// <param name="progress">How far it is, the template's steps among it.</param>
    public RunRecorder(
        PreparedRun run, Rules rules, Checkpoint template, CheckpointTensors tensors, IProgressDisplay display, RunProgress progress)
    {
        (_run, _rules, _template, _tensors, _display, _progress) = (run, rules, template, tensors, display, progress);
        _spans = new LedgerSpan[run.File.Shards];
        _metricNames = [.. run.Metrics.Select(m => Catalog<MetricSpec>.KindOf(m.GetType()))];
        Times = new StepTimes(run.Steps);
        _bestValue = template.BestValue;
    }

    /// <summary>How long the steps took.</summary>
    public StepTimes Times { get; }

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
        Times.Add(step.StepMilliseconds, step.Samples);
        for (var i = 0; i < answers.Length; i++)
        {
            _spans[i] = new LedgerSpan(answers[i].Worker.Value, answers[i].Span.First, answers[i].Span.End - 1);
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
        _progress.Committed(step);
        _display.Step(step);
    }

    /// <inheritdoc/>
    public bool Evaluated(int step, double[] results)
    {
        var named = PreparedRun.NamedResults(_run.Metrics, results);
        var (value, higher) = _metricNames.Length > 0 ? (results[1], _run.Metrics[0].HigherIsBetter) : (results[0], false);
        var best = double.IsFinite(value) && (double.IsNaN(_bestValue) || (higher ? value > _bestValue : value < _bestValue));
        _bestValue = best ? value : _bestValue;
        var evaluation = new Evaluation(step, ((step - 1) / _rules.StepsPerEpoch) + 1, named);
        _storage?.Metrics.Append(new MetricsLine(step, evaluation.Epoch, results[0], [.. named.Skip(1)], best));
        _progress.Evaluated(evaluation, best);
        _display.Evaluated(evaluation, best);
        return best;
    }

    /// <inheritdoc/>
    public void Checkpoint(in StepReport step, bool best, Action<bool> done)
    {
        _checkpointDone = done;
        _storage!.BeginCheckpoint(
            _progress.Into(_template with
            {
                Step = step.Step,
                Epoch = step.Epoch,
                Samples = _rules.SamplesUntil(step.Step),
                SecondsTraining = _template.SecondsTraining + Times.Seconds,
                IsBest = best,
                BestValue = _bestValue,
            }),
            _tensors);
    }

    /// <inheritdoc/>
    public void Attended(int present, bool isWaiting, bool isPaused) =>
        _progress.Attended(present, isWaiting ? _rules.WorkersMinimum : 0, isPaused);

    /// <inheritdoc/>
    public void Said(string line) => _display.Said(line);

    /// <summary>Told in the background how a checkpoint ended.</summary>
    public void CheckpointEnded(CheckpointOutcome outcome)
    {
        var failedBefore = CheckpointFailure is not null;
        CheckpointFailure = outcome.Failure;
        if (outcome.Failure is { } broken && outcome.StopsRun)
        {
            StopForStorage(broken);
            return;
        }

        if (outcome.Failure is null)
        {
            CheckpointPath = outcome.Path;
            _display.Durable(outcome.Step, outcome.Path);
        }
        else if (!failedBefore)
        {
            // Said once: the tries that follow fail for the same reason.
            _display.NotDurable(outcome.Step, outcome.Failure.Message);
        }

        _checkpointDone?.Invoke(outcome.Failure is null);
    }
}
