using Backprop.Shared.Gradients;

namespace Backprop.Coordinator.Core;

/// <summary>
/// Layers that throw. Another worker computes what the first could not, or the same one where there is no other; what throws on two
/// workers in a step, or twice on the only one, is the layer's fault and ends the run.
/// </summary>
internal static partial class CoordinatorCore
{
    private static Reason OnLayerFailed(in Turn turn, WorkerId worker, in Assignment assignment)
    {
        var state = turn.State;
        var index = state.Members.IndexOf(worker);
        if (state.Phase is not (Phase.Computing or Phase.Evaluating) || index < 0)
        {
            return Reason.LayerFailedLate;
        }

        if (turn.Rules.RetryLayers && !(assignment.IsEvaluation ? state.Blocks : state.Shards).IsGiven(worker, in assignment))
        {
            // It has not this any more: it was taken back, or is of a step that is over, though its evaluation may still be going on.
            return Reason.LayerFailedLate;
        }

        var isSecond = state.LayerFailedOn is { } first && (first != worker || state.Members.Count == 1);
        if (isSecond || !turn.Rules.RetryLayers)
        {
            Finish(turn, RunOutcome.Failed);
            return Reason.LayerFailed;
        }

        state.LayerFailedOn = worker;
        for (var taken = TakeBackAll(state.Shards, worker) + TakeBackAll(state.Blocks, worker); taken > 0; taken--)
        {
            state.Members.Relieve(index);
        }

        if (state.Members.Count > 1)
        {
            state.Members.Rest(index);
        }

        Distribute(turn);
        return Reason.LayerFailedOnce;
    }

    /// <summary>A step or an evaluation begins: whoever rests is given work again.</summary>
    private static void ForgetLayerFailure(CoordinatorState state)
    {
        state.LayerFailedOn = null;
        state.Members.WakeAll();
    }
}
