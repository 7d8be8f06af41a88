using Backprop.Shared.Actors;
using Backprop.Shared.Gradients;

namespace Backprop.Worker.Core;

/// <summary>
/// The worker's decisions: which of the assigned work to compute, with which weights, and whether the result is still wanted. As pure as
/// the coordinator's core, and run by the same simulator. Assignment is computed in the order of its arrival, one piece at a time, and only
/// with the weights it was meant for; work of a step that is over is dropped unread.
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
        if (state.HasLeft)
        {
            return WorkerReason.Left;
        }

        return input.Kind switch
        {
            WorkerInputKind.Welcomed => OnWelcomed(state, in input, effects),
            WorkerInputKind.SpanAssigned or WorkerInputKind.BlocksAssigned => OnAssigned(state, in input, effects),
            WorkerInputKind.Cancelled => OnCancelled(state, in input),
            WorkerInputKind.WeightsPublished => OnWeights(state, input.Step, effects),
            WorkerInputKind.ComputeDone => OnComputeDone(state, in input, effects),
            WorkerInputKind.Released => OnReleased(state, effects),
        };
    }

    private static WorkerReason OnWelcomed(WorkerState state, in WorkerInput input, EffectList<WorkerEffect> effects)
    {
        if (input.Generation < state.Generation)
        {
            return WorkerReason.StaleGeneration;
        }

        state.Generation = input.Generation;
        return OnWeights(state, input.Step, effects);
    }

    private static WorkerReason OnAssigned(WorkerState state, in WorkerInput input, EffectList<WorkerEffect> effects)
    {
        if (input.Generation < state.Generation)
        {
            return WorkerReason.StaleGeneration;
        }

        state.Generation = input.Generation;
        var work = input.Work;
        if (work.Weights < state.Weights)
        {
            return WorkerReason.Old;
        }

        // What was cancelled may be given up in its middle already: it is computed anew.
        if (state.IsComputing && !state.IsCurrentCancelled && state.Current.IsSameAs(in work))
        {
            state.Current = work;
            return WorkerReason.Repeated;
        }

        var index = IndexOf(state, in work);
        if (index >= 0)
        {
            state.Replace(index, in work);
            return WorkerReason.Repeated;
        }

        if (!state.TryEnqueue(in work))
        {
            return WorkerReason.QueueFull;
        }

        ComputeNext(state, effects);
        return WorkerReason.Accepted;
    }

    private static WorkerReason OnCancelled(WorkerState state, in WorkerInput input)
    {
        if (input.Generation < state.Generation)
        {
            return WorkerReason.StaleGeneration;
        }

        // Only the assignment that is named: a newer one of the same shards stays.
        var work = input.Work;
        if (state.IsComputing && state.Current == work)
        {
            state.IsCurrentCancelled = true;
            return WorkerReason.Accepted;
        }

        var index = IndexOf(state, in work);
        if (index < 0 || state.Queue[index] != work)
        {
            return WorkerReason.Unknown;
        }

        state.RemoveAt(index);
        return WorkerReason.Accepted;
    }

    private static WorkerReason OnWeights(WorkerState state, int completed, EffectList<WorkerEffect> effects)
    {
        if (completed < state.Weights)
        {
            return WorkerReason.Old;
        }

        state.Weights = completed;
        state.DropOld();
        ComputeNext(state, effects);
        return WorkerReason.Accepted;
    }

    private static WorkerReason OnComputeDone(WorkerState state, in WorkerInput input, EffectList<WorkerEffect> effects)
    {
        if (!state.IsComputing || !state.Current.IsSameAs(input.Work))
        {
            return WorkerReason.Unknown;
        }

        var current = state.Current;
        var wanted = !state.IsCurrentCancelled && current.Weights == state.Weights;
        state.IsComputing = false;
        state.IsCurrentCancelled = false;
        if (wanted)
        {
            effects.Add(new WorkerEffect(WorkerEffectKind.Answer, current, input.Finite));
        }

        ComputeNext(state, effects);
        return wanted ? WorkerReason.Accepted : WorkerReason.NotNeeded;
    }

    private static WorkerReason OnReleased(WorkerState state, EffectList<WorkerEffect> effects)
    {
        state.HasLeft = true;
        state.IsComputing = false;
        state.ClearQueue();
        effects.Add(new WorkerEffect(WorkerEffectKind.Leave));
        return WorkerReason.Accepted;
    }

    /// <summary>Begins the first work whose weights are here. Assignment that is ahead of the weights waits for them.</summary>
    private static void ComputeNext(WorkerState state, EffectList<WorkerEffect> effects)
    {
        if (state.IsComputing)
        {
            return;
        }

        for (var i = 0; i < state.Queue.Length; i++)
        {
            if (state.Queue[i].Weights == state.Weights)
            {
                state.Current = state.Queue[i];
                state.IsComputing = true;
                state.RemoveAt(i);
                effects.Add(new WorkerEffect(WorkerEffectKind.Compute, state.Current));
                return;
            }
        }
    }

    private static int IndexOf(WorkerState state, in Assignment work)
    {
        for (var i = 0; i < state.Queue.Length; i++)
        {
            if (state.Queue[i].IsSameAs(in work))
            {
                return i;
            }
        }

        return -1;
    }
}
