namespace Backprop.Coordinator.Core;

/// <summary>What a run is doing.</summary>
internal enum Phase
{
    /// <summary>Between steps: not started, or below the minimum of workers.</summary>
    Gathering,

    /// <summary>Gradients of a step are being computed.</summary>
    Computing,

    /// <summary>The update is being made; the weights are neither the old nor the new ones.</summary>
    Committing,

    /// <summary>Evaluation blocks are being computed.</summary>
    Evaluating,

    /// <summary>The evaluation's result is being written down.</summary>
    Folding,

    /// <summary>Between steps, until a checkpoint is durable or may be tried again.</summary>
    Holding,

    /// <summary>Between steps, until somebody wants the run to go on or to stop.</summary>
    Paused,

    /// <summary>Over.</summary>
    Finished,
}
