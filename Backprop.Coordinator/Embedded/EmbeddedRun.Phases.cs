using Backprop.Coordinator.Core;
using Backprop.Coordinator.Training;
using Backprop.Shared.Gradients;
using Backprop.Shared.Optimizers;
using Backprop.Worker.Core;
using Backprop.Worker.Training;

namespace Backprop.Coordinator.Embedded;

/// <summary>What the slots do, and what is told to the core when they meet.</summary>
internal sealed partial class EmbeddedRun
{
    private readonly StepPlan?[] _plans = new StepPlan?[2];
    private Memory<float>[] _leaves = [];
    private StepPlan? _plan;
    private SlotPhase _work;
    private OptimizerStep _update;
    private double _norm;
    private bool _again;
    private long _stepBegun;
    private long _computed;
    private long _reduced;

    /// <summary>One slot's part of the work; the parts of all slots are the whole.</summary>
    private void Perform(int slot)
    {
        switch (_work)
        {
            case SlotPhase.Compute:
                _step.Compute(slot, _plan!, _batches, _state.Step - 1, _weights.Vector);
                break;
            case SlotPhase.Commit:
                _sweep.Reduce(slot, _slots, _leaves.AsSpan(0, _plan!.Spans.Length), _plan.LeafFolds, _step.Complete, _plan.Samples);
                _team.Arrive(_takeNorm);
                _finite[slot] = double.IsFinite(_norm)
                    && _sweep.Update(slot, _slots, _leaves[0], _plan.Samples, _norm, _update);
                break;
            case SlotPhase.Evaluate:
                _evaluation!.Compute(slot, _blocks[slot].First, _blocks[slot].Count, _weights.Vector);
                break;
            case SlotPhase.Wait:
            case SlotPhase.Finished:
                break;
        }
    }

    /// <summary>Alone, between two phases: tells the core what was done, performs what it wants, and says what comes next.</summary>
    private void Turn()
    {
        switch (_work)
        {
            case SlotPhase.Compute when _again:
                _computed = _time.GetTimestamp();
                BeginCommit();
                return;
            case SlotPhase.Commit when !_again && !double.IsFinite(_norm):
                // A gradient that is not finite where the losses are: computed once more before the run is said to diverge.
                _again = true;
                _work = SlotPhase.Compute;
                return;
            case SlotPhase.Compute:
                _computed = _time.GetTimestamp();
                AnswerSpans();
                break;
            case SlotPhase.Commit:
                FinishCommit();
                break;
            case SlotPhase.Evaluate:
                AnswerBlocks();
                break;
            case SlotPhase.Wait:
            case SlotPhase.Finished:
                break;
        }

        _work = SlotPhase.Wait;
        while (true)
        {
            _bell.Reset();
            _mailbox.Drain(ref _handler);
            if (_work != SlotPhase.Wait)
            {
                break;
            }

            // Only what comes from outside can move the run now: a checkpoint's end, a request to stop, a deadline.
            WaitForMail();
        }

        if (_work == SlotPhase.Compute)
        {
            Prepare();
        }
    }

    private void TakeNorm()
    {
        _norm = _sweep.Norm();
        _reduced = _time.GetTimestamp();
    }

    private void WaitForMail()
    {
        if (CoordinatorCore.NextDeadline(_state, _setup.Rules) is not { } deadline)
        {
            _bell.Wait();
            return;
        }

        var left = deadline - _time.GetElapsedTime(_begun);
        if (left <= TimeSpan.Zero || !_bell.Wait(left))
        {
            Post(Input.Tick());
        }
    }

    /// <summary>Finds the plan for what was assigned: the one of full batches, or of an epoch's last, or a new one.</summary>
    private void Prepare()
    {
        var samples = _setup.Rules.SamplesOf(_state.Step);
        var assigned = _assignments.AsSpan(0, _assigned);
        if (_repeat)
        {
            // A span is computed again: the step as a whole is, and its bits are the same.
            _repeat = false;
            return;
        }

        if (_plan is { } current && current.Serves(samples, assigned))
        {
            return;
        }

        // Full batches in one place, an epoch's last one in the other.
        ref var place = ref _plans[samples == _setup.Rules.Batch ? 0 : 1];
        if (place?.Serves(samples, assigned) != true)
        {
            place = new StepPlan(samples, _setup.Rules.Shards, _slots, assigned);
        }

        _plan = place;
        if (_leaves.Length < place.Spans.Length)
        {
            _step.Reserve(place.Spans.Length);
            _leaves = [.. _step.Leaves.Select(l => l.Memory)];
        }
    }

    private void AnswerSpans()
    {
        for (var i = 0; i < _assigned; i++)
        {
            var (slot, span) = _assignments[i];
            var work = new Assignment(false, _state.Step, span.First, span.Count, _attempts[i]);
            if (_workers[slot].Finish(work, IsFinite(span), out var answer))
            {
                Post(Input.SpanAnswered(slot, answer.Assignment.Step, span, answer.Finite, answer.Assignment.Attempt));
            }
        }
    }

    /// <summary>A loss that is not finite shows the span; a gradient that is not, where the loss is, shows in the norm.</summary>
    private bool IsFinite(ShardSpan span)
    {
        foreach (var work in _plan!.Spans)
        {
            if (work.Span.First >= span.First && work.Span.End <= span.End && !double.IsFinite(_step.LossOf(work.Leaf)))
            {
                return false;
            }
        }

        return true;
    }

    private void AnswerBlocks()
    {
        for (var slot = 0; slot < _slots; slot++)
        {
            if (_blocks[slot].Count > 0 && _workers[slot].Finish(_blocks[slot], true, out var answer))
            {
                Post(Input.BlocksAnswered(slot, answer.Assignment.Step, answer.Assignment.First, answer.Assignment.Count));
            }

            _blocks[slot] = default;
        }
    }

    private void FinishCommit()
    {
        _again = false;
        var outcome = CommitOutcome.Committed;
        if (!double.IsFinite(_norm))
        {
            outcome = CommitOutcome.GradientNotFinite;
        }
        else if (Array.IndexOf(_finite, false) >= 0)
        {
            outcome = CommitOutcome.WeightsNotFinite;
        }

        var done = _time.GetTimestamp();
        _report = new StepReport(
            _state.Step,
            ((_state.Step - 1) / _batches.StepsPerEpoch) + 1,
            _plan!.Samples,
            _loss / _plan.Samples,
            _update.Rate,
            _norm,
            Milliseconds(_stepBegun, _computed),
            Milliseconds(_computed, _reduced),
            Milliseconds(_reduced, done),
            Milliseconds(_stepBegun, done));
        _stepBegun = done;
        Post(Input.CommitDone(_state.Step, outcome));
    }

    private double Milliseconds(long from, long to) => _time.GetElapsedTime(from, to).TotalMilliseconds;
}
