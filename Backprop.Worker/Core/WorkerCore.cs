using Backprop.Shared.Actors;

namespace Backprop.Worker.Core;

/// <summary>
/// The worker's decisions: which assignment to compute, with which weights, and whether the result is still wanted. As pure as the
/// coordinator's core, and run by the same simulator. Assignments are computed in the order of their arrival, one at a time, and only with
/// the weights they were meant for; those of a step that is over are dropped.
/// </summary>
internal static class WorkerCore
{
    /// <summary>Applies one input. Total: every input is legal at any time.</summary>
    /// <param name="state">Changed in place.</param>
    /// <param name="input">What happened.</param>
    /// <param name="effects">Cleared, then receives what is to be done, in order.</param>
    public static WorkerReason Advance(WorkerState state, in WorkerInput input, EffectList<WorkerEffect> effects)
    {
        effects.Clear();

        // Who has said that he goes may still be told how the run ended.
        if (state.HasEnded || (state.HasLeft && input.Kind != WorkerInputKind.Released))
        {
            return WorkerReason.Left;
        }

        return input.Kind switch
        {
            WorkerInputKind.Assigned => OnAssigned(state, in input, effects),
            WorkerInputKind.Cancelled => OnCancelled(state, in input, effects),
            WorkerInputKind.WeightsPublished => OnWeights(state, input.Step, effects),
            WorkerInputKind.ComputeDone => OnComputeDone(state, in input, effects),
            WorkerInputKind.ComputeFailed => OnComputeFailed(state, in input, effects),
            WorkerInputKind.LeaveRequested => OnLeaveRequested(state, effects),
            WorkerInputKind.Released => OnReleased(state, effects),
        };
    }

    private static WorkerReason OnAssigned(WorkerState state, in WorkerInput input, EffectList<WorkerEffect> effects)
    {
        if (input.Generation < state.Generation)
        {
            return WorkerReason.StaleGeneration;
        }

        state.Generation = input.Generation;
        var assignment = input.Assignment;
        if (assignment.Weights < state.Weights)
        {
            return WorkerReason.Old;
        }

        // What was abandoned may have ended in its middle already: it is computed anew.
        if (state.IsComputing && !state.IsAbandoned && state.Current.IsSameAs(in assignment))
        {
            state.Current = assignment;
            effects.Add(WorkerEffect.Renumber(in assignment));
            return WorkerReason.Repeated;
        }

        if (state.TryReplace(in assignment))
        {
            return WorkerReason.Repeated;
        }

        if (!state.TryEnqueue(in assignment))
        {
            return WorkerReason.QueueFull;
        }

        ComputeNext(state, effects);
        return WorkerReason.Accepted;
    }

    private static WorkerReason OnCancelled(WorkerState state, in WorkerInput input, EffectList<WorkerEffect> effects)
    {
        if (input.Generation < state.Generation)
        {
            return WorkerReason.StaleGeneration;
        }

        // Only the assignment that is named: a newer one of the same shards stays.
        var assignment = input.Assignment;
        if (state.IsComputing && !state.IsAbandoned && state.Current.IsNumberedAs(in assignment))
        {
            Abandon(state, effects);
            return WorkerReason.Accepted;
        }

        if (state.TryRemove(in assignment))
        {
            return WorkerReason.Accepted;
        }

        effects.Add(WorkerEffect.Withdraw(in assignment));
        return WorkerReason.Withdrawn;
    }

    private static WorkerReason OnWeights(WorkerState state, int completed, EffectList<WorkerEffect> effects)
    {
        if (completed < state.Weights)
        {
            return WorkerReason.Old;
        }

        if (completed > state.Weights)
        {
            state.Weights = completed;
            state.DropOld();
            effects.Add(WorkerEffect.WithdrawUpTo(completed));
            if (state.IsComputing && state.Current.Weights < completed)
            {
                Abandon(state, effects);
            }
        }

        ComputeNext(state, effects);
        return WorkerReason.Accepted;
    }

    private static WorkerReason OnComputeDone(WorkerState state, in WorkerInput input, EffectList<WorkerEffect> effects)
    {
        if (!state.IsComputing || !state.Current.IsSameAs(input.Assignment))
        {
            return WorkerReason.Unknown;
        }

        var wanted = !state.IsAbandoned;
        if (wanted)
        {
            effects.Add(WorkerEffect.Answer(state.Current, input.Finite));
        }

        state.IsComputing = false;
        ComputeNext(state, effects);
        return wanted ? WorkerReason.Accepted : WorkerReason.NotNeeded;
    }

    private static WorkerReason OnComputeFailed(WorkerState state, in WorkerInput input, EffectList<WorkerEffect> effects)
    {
        if (!state.IsComputing || !state.Current.IsSameAs(input.Assignment))
        {
            return WorkerReason.Unknown;
        }

        state.IsComputing = false;
        ComputeNext(state, effects);
        return WorkerReason.Failed;
    }

    private static WorkerReason OnLeaveRequested(WorkerState state, EffectList<WorkerEffect> effects)
    {
        StopComputing(state, effects);
        state.HasLeft = true;
        effects.Add(WorkerEffect.Leave());
        return WorkerReason.Accepted;
    }

    private static WorkerReason OnReleased(WorkerState state, EffectList<WorkerEffect> effects)
    {
        StopComputing(state, effects);
        state.HasEnded = true;
        effects.Add(WorkerEffect.End());
        return WorkerReason.Accepted;
    }

    /// <summary>Begins the first assignment whose weights are here. One that is ahead of the weights waits for them.</summary>
    private static void ComputeNext(WorkerState state, EffectList<WorkerEffect> effects)
    {
        if (!state.IsComputing && state.TryDequeue(out var next))
        {
            (state.Current, state.IsComputing, state.IsAbandoned) = (next, true, false);
            effects.Add(WorkerEffect.Compute(in next));
        }
    }

    private static void StopComputing(WorkerState state, EffectList<WorkerEffect> effects)
    {
        if (state.IsComputing)
        {
            Abandon(state, effects);
        }

        state.IsComputing = false;
        state.ClearQueue();
    }

    /// <summary>Says once that what is being computed is of no use.</summary>
    private static void Abandon(WorkerState state, EffectList<WorkerEffect> effects)
    {
        if (!state.IsAbandoned)
        {
            state.IsAbandoned = true;
            effects.Add(WorkerEffect.Abandon());
        }
    }
}
