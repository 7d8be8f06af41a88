using Backprop.Coordinator.Core;
using Backprop.Coordinator.Training;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Shell;

/// <summary>
/// What every shell does with a run's record: it reports steps, appends ledger lines, folds evaluations and begins checkpoints by telling
/// the observer, and tells the core how that ended.
/// </summary>
internal sealed class RecordKeeper
{
    private readonly RunSetup _setup;
    private readonly IRunObserver _observer;
    private readonly CoreMailbox _core;
    private readonly RunFailure _failure;
    private readonly TimeProvider _time;
    private readonly Action<bool> _checkpointDone;
    private StepReport _report;
    private bool _evaluated;
    private int _checkpointStep;

    /// <param name="before">The step that the run goes on from, as far as it is known.</param>
    public RecordKeeper(
        RunSetup setup, IRunObserver observer, CoreMailbox core, RunFailure failure, in StepReport before, TimeProvider time)
    {
        (_setup, _observer, _core, _failure, _report, _time) = (setup, observer, core, failure, before, time);
        Clock = new StepClock(time);
        _checkpointDone = CheckpointDone;
    }

    /// <summary>How long the step takes.</summary>
    public StepClock Clock { get; }

    /// <summary>The core has decided: how many workers take part, and whether the run waits for more or pauses.</summary>
    public void Attended()
    {
        var (state, isPaused) = (_core.State, _core.State.Phase == Phase.Paused);
        Clock.StandsStill(state.IsWaiting || isPaused);
        _observer.Attended(state.Members.Count, state.IsWaiting, isPaused);
    }

    /// <summary>A step begins.</summary>
    public void BeginStep()
    {
        Clock.Begin(anew: _evaluated);
        _evaluated = false;
    }

    /// <summary>An evaluation begins: its time is no step's.</summary>
    public void BeginEvaluation() => _evaluated = true;

    /// <summary>An update has been made, or refused: reports the step, and tells the core.</summary>
    /// <param name="loss">The batch's loss, summed over its samples.</param>
    /// <param name="norm">The norm of the averaged gradient, before clipping.</param>
    /// <param name="computed">When the last gradient was there, as a timestamp.</param>
    /// <param name="reduced">When the gradients were folded.</param>
    public void ReportUpdate(
        int step, int samples, double loss, in OptimizerStep update, double norm, long computed, long reduced, CommitOutcome outcome)
    {
        var done = _time.GetTimestamp();
        _report = new StepReport(
            step,
            ((step - 1) / _setup.Rules.StepsPerEpoch) + 1,
            samples,
            loss / samples,
            update.Rate,
            norm,
            Clock.Milliseconds(computed),
            _time.GetElapsedTime(computed, reduced).TotalMilliseconds,
            _time.GetElapsedTime(reduced, done).TotalMilliseconds,
            Clock.Milliseconds(done));
        Clock.End(done);
        _core.Post(Input.CommitDone(step, outcome));
    }

    /// <summary>Appends the ledger's line of the committed step.</summary>
    public void AppendLedger()
    {
        try
        {
            _observer.Committed(_report, _core.State.CommittedAnswers);
        }
        catch (UserException problem)
        {
            StopForStorage(problem);
        }
    }

    /// <summary>Writes an evaluation down, and tells the core.</summary>
    /// <param name="means">The mean loss, then each metric.</param>
    public void FoldEvaluation(int completed, double[] means) =>
        _core.Post(Input.EvaluationFolded(completed, _observer.Evaluated(completed, means)));

    /// <summary>Begins a checkpoint; the core is told when it has ended.</summary>
    public void WriteCheckpoint(int completed, bool isBest)
    {
        _checkpointStep = completed;
        _observer.Checkpoint(_report, isBest, _checkpointDone);
    }

    /// <summary>The run ends before its time; the first reason counts.</summary>
    public void Fail(Exception reason) => _failure.Note(reason);

    /// <summary>The run has diverged.</summary>
    /// <param name="what">The first thing that is not finite, as in <c>the gradient of layers.0.weight</c>.</param>
    public void Diverge(int step, string what) => _failure.Note(new UserException(
        ExitCode.Diverged,
        $"The run diverged at step {step}: {what} is not finite; lower the learning rate, clip the gradient, or look at the data."));

    /// <summary>Ends the run: what it did cannot be written down. From any thread.</summary>
    public void StopForStorage(UserException problem)
    {
        _failure.Note(problem);
        _core.PostAndRing(Input.LedgerFailed(_core.State.Completed));
    }

    /// <summary>Told by the thread that wrote it, which must not begin the next one itself.</summary>
    private void CheckpointDone(bool durable) =>
        _core.PostAndRing(durable ? Input.CheckpointDurable(_checkpointStep) : Input.CheckpointFailed(_checkpointStep));
}
