namespace Backprop.Worker.Training;

/// <summary>
/// What the step of a worker in a process of its own waits for and gives out. Called by slot 0 alone, between two nodes; what goes wrong is
/// kept for later and answered with false, because an exception here would be taken for the layer's.
/// </summary>
internal interface IStepProgress
{
    /// <summary>Before a node: the elements [0, <paramref name="end"/>) of the flat weights are needed.</summary>
    /// <returns>False: nobody needs this pass any more; abandon it.</returns>
    bool AwaitWeights(int end);

    /// <summary>
    /// Before and after a node's parameter gradients: the elements from <paramref name="start"/> on are final in the first gradient
    /// vector. Never rises within a step; at the end it is 0.
    /// </summary>
    /// <returns>False: nobody needs this pass any more; abandon it.</returns>
    bool GradientReady(int start);
}
