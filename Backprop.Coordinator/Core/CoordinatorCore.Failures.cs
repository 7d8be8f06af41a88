namespace Backprop.Coordinator.Core;

/// <summary>
/// Layers that throw. Another worker computes what the first could not, or the same one where there is no other; what throws on two
/// workers in a step, or twice on the only one, is the layer's fault and ends the run.
/// </summary>
internal static partial class CoordinatorCore
{
    private static Reason OnLayerFailed(in Turn turn, WorkerId worker, int step)
    {
        var state = turn.State;
        var index = state.Members.IndexOf(worker);
        if (state.Phase is not (Phase.Computing or Phase.Evaluating) || step != state.Step || index < 0)
        {
            return Reason.LayerFailedLate;
        }

        if (turn.Rules.RetryLayers && state.Members[index].Outstanding == 0)
        {
            // It has nothing any more that it could fail at: what it failed at was taken back, or is of the step before an evaluation.
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
