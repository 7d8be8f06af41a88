using System.Diagnostics;
using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Shell;
using Backprop.Coordinator.Training;
using Backprop.Shared.Gradients;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Embedded;

/// <summary>
/// Performs the core's effects in one process. Workers are slots of it: weights are shared, gradients are handed over by reference, and
/// nobody comes or goes. What is assigned makes up the slots' next phase.
/// </summary>
internal sealed class EmbeddedShell : ICoordinatorShell
{
    private readonly RunSetup _setup;
    private readonly EmbeddedStep _step;
    private readonly IRunObserver _observer;
    private readonly StatusBoard? _board;
    private readonly TimeProvider _time;
    private readonly CoreMailbox _core;
    private readonly RecordKeeper _record;
    private readonly (int Slot, ShardSpan Span)[] _spans;
    private readonly Assignment[] _assignments;
    private readonly Assignment[] _blocks;
    private readonly int _slots;
    private readonly long _begun;
    private int _assigned;
    private int _preparedStep;
    private bool _isRepeated;
    private long _computed;

    public EmbeddedShell(
        RunSetup setup, EmbeddedStep step, CoreMailbox core, int slots, IRunObserver observer, StatusBoard? board, RunFailure failure,
        TimeProvider time)
    {
        (_setup, _step, _core, _slots, _observer, _board, _time) = (setup, step, core, slots, observer, board, time);
        var completed = core.State.Completed;
        var epoch = (completed + setup.Rules.StepsPerEpoch - 1) / setup.Rules.StepsPerEpoch;
        _record = new RecordKeeper(setup, observer, _core, failure, new StepReport { Step = completed, Epoch = epoch }, time);
        _spans = new (int, ShardSpan)[setup.Rules.Shards];
        _assignments = new Assignment[setup.Rules.Shards];
        _blocks = new Assignment[slots];
        _begun = time.GetTimestamp();
    }

    /// <summary>The run's record.</summary>
    public RecordKeeper Record => _record;

    /// <summary>What the slots do until they meet again.</summary>
    public SlotPhase Phase { get; private set; }

    /// <summary>How the run ended.</summary>
    public RunOutcome Outcome { get; private set; }

    /// <inheritdoc/>
    public TimeSpan Now => _time.GetElapsedTime(_begun);

    /// <summary>One slot's part of the phase; the parts of all slots are the whole.</summary>
    public void Work(int slot)
    {
        switch (Phase)
        {
            case SlotPhase.Compute:
                _step.Compute(slot, _core.State.Step);
                break;
            case SlotPhase.Commit:
                _step.Commit(slot);
                break;
            case SlotPhase.Evaluate:
                _step.Evaluate(slot, _blocks[slot].First, _blocks[slot].Count);
                break;
            case SlotPhase.Wait:
            case SlotPhase.Finished:
                break;
        }
    }

    /// <summary>The slots have met: tells the core what was done. It then decides what comes next.</summary>
    public void EndPhase()
    {
        var ended = Phase;
        Phase = SlotPhase.Wait;
        switch (ended)
        {
            case SlotPhase.Compute:
                _computed = _time.GetTimestamp();
                AnswerSpans();
                break;
            case SlotPhase.Commit:
                _record.ReportUpdate(
                    _core.State.Step, _step.Samples, _step.Loss, _step.Update, _step.Norm, _computed, _step.Reduced, _step.CommitOutcome);
                break;
            case SlotPhase.Evaluate:
                AnswerBlocks();
                break;
            case SlotPhase.Wait:
            case SlotPhase.Finished:
                break;
        }
    }

    /// <summary>Makes ready for the phase that has been decided.</summary>
    public void BeginPhase()
    {
        // A span is computed again: the step as a whole is, by the plan it had, and its bits are the same.
        if (Phase == SlotPhase.Compute && !_isRepeated)
        {
            _step.Prepare(_core.State.Step, _spans.AsSpan(0, _assigned));
        }
    }

    /// <inheritdoc/>
    public void Receives(in Input input)
    {
        // Nothing has to be found for an answer: its gradient is where it was computed.
    }

    /// <inheritdoc/>
    public void Decided(in Input input, Reason reason)
    {
        // What is told to people is told with the effects.
    }

    /// <inheritdoc/>
    public void Performed(in Input input)
    {
        _record.Attended();
        _board?.Enter(_core.State.Phase, _core.State.IsWaiting);
    }

    /// <inheritdoc/>
    public bool TryEndAfter(Exception exception) => false;

    /// <inheritdoc/>
    public void SendFirstWeights(WorkerId worker, int completed)
    {
        // The weights are shared.
    }

    /// <inheritdoc/>
    public void Refuse(WorkerId worker) => throw new UnreachableException("A slot was refused.");

    /// <inheritdoc/>
    public void Dismiss(WorkerId worker, int strikes) => throw new UnreachableException("A slot was dismissed.");

    /// <inheritdoc/>
    public void BeginStep(int step, int samples)
    {
        _assigned = 0;
        _record.BeginStep();
    }

    /// <inheritdoc/>
    public void Assign(WorkerId worker, in Assignment assignment, int generation)
    {
        if (assignment.IsEvaluation)
        {
            _blocks[worker.Value] = assignment;
            Phase = SlotPhase.Evaluate;
            return;
        }

        if (Phase != SlotPhase.Compute)
        {
            // The first of a list of assignments.
            _assigned = 0;
            _isRepeated = _preparedStep == assignment.Step;
            _preparedStep = assignment.Step;
            Phase = SlotPhase.Compute;
        }

        _assignments[_assigned] = assignment;
        _spans[_assigned++] = (worker.Value, assignment.Span);
    }

    /// <inheritdoc/>
    public void Cancel(WorkerId worker, in Assignment assignment, int generation)
    {
        // All slots have computed what they were given before the first of them answers.
    }

    /// <inheritdoc/>
    public void TakeGradient(WorkerId worker, in Assignment assignment) => _board?.Workers.Answered(worker.Value, assignment.Count);

    /// <inheritdoc/>
    public void Commit(int step, int samples)
    {
        _step.BeginCommit(step);
        Phase = SlotPhase.Commit;
    }

    /// <inheritdoc/>
    public void PublishWeights(int completed)
    {
        // The weights are shared.
    }

    /// <inheritdoc/>
    public void AppendLedger(int step, int samples) => _record.AppendLedger();

    /// <inheritdoc/>
    public void BeginEvaluation(int completed, int blocks) => _record.BeginEvaluation();

    /// <inheritdoc/>
    public void TakeResults(WorkerId worker, in Assignment assignment)
    {
        // They are where they are folded.
    }

    /// <inheritdoc/>
    public void FoldEvaluation(int completed, int blocks) => _record.FoldEvaluation(completed, _step.Means());

    /// <inheritdoc/>
    public void WriteCheckpoint(int completed, bool isBest) => _record.WriteCheckpoint(completed, isBest);

    /// <inheritdoc/>
    public void ReportNotFinite(WorkerId worker, int step, int strikes) =>
        _observer.Said($"Worker {worker.Value} gave a gradient that is not finite where another's was: {strikes} times.");

    /// <inheritdoc/>
    public void Diverge(int step, WorkerId worker, in Assignment shown) => _record.Diverge(step, _step.FirstNotFinite());

    /// <inheritdoc/>
    public void ReportWaiting(int present, int needed)
    {
        // Slots are there from the beginning to the end.
    }

    /// <inheritdoc/>
    public void ReportEnough(int present)
    {
        // Slots are there from the beginning to the end.
    }

    /// <inheritdoc/>
    public void ReportIdle(int idle)
    {
        if (idle > 0)
        {
            _observer.Said(
                $"{idle} of {new Quantity(_slots, "worker")} idle: there are only "
                + $"{new Quantity(_setup.Rules.Shards, "shard")}; more shards (a new run) would use them.");
        }
    }

    /// <inheritdoc/>
    public void ReportPaused(int completed) => _observer.Said($"Paused after step {completed}, until it is resumed or stopped.");

    /// <inheritdoc/>
    public void ReportResumed(int completed) => _observer.Said($"Goes on after step {completed}.");

    /// <inheritdoc/>
    public void Finish(int completed, RunOutcome outcome)
    {
        Outcome = outcome;
        Phase = SlotPhase.Finished;
    }

    private void AnswerSpans()
    {
        for (var i = 0; i < _assigned; i++)
        {
            var (slot, span) = _spans[i];
            _core.Post(Input.SpanAnswered(new WorkerId(slot), in _assignments[i], _step.IsFinite(span)));
        }
    }

    private void AnswerBlocks()
    {
        for (var slot = 0; slot < _slots; slot++)
        {
            if (_blocks[slot].Count > 0)
            {
                _core.Post(Input.BlocksAnswered(new WorkerId(slot), in _blocks[slot]));
            }

            _blocks[slot] = default;
        }
    }
}
