namespace Backprop.Coordinator.Embedded;

/// <summary>What the slots of a process do until they meet again.</summary>
internal enum SlotPhase
{
    /// <summary>Nothing: a checkpoint is waited for.</summary>
    Wait,

    /// <summary>Forward and backward passes of the step's spans.</summary>
    Compute,

    /// <summary>Reduction, norm, update.</summary>
    Commit,

    /// <summary>Blocks of an evaluation.</summary>
    Evaluate,

    /// <summary>The run is over.</summary>
    Finished,
}
