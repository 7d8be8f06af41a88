namespace Backprop.Tests.Simulation;

/// <summary>A defect put into a simulated run on purpose, to see that the checks can fail.</summary>
internal enum Sabotage
{
    None,

    /// <summary>The spans are added from left to right and not up the tree.</summary>
    FoldInRow,

    /// <summary>The duplicate check is off: a second answer, in the same cut or another one, is added to the first.</summary>
    AnswerTakenTwice,

    /// <summary>The step fence is off: an answer to another step is taken for this one.</summary>
    StepFenceOff,

    /// <summary>The check for finite values is off.</summary>
    NotFiniteTaken,

    /// <summary>The session check is off: what comes over a connection that is closed here counts as if it were open.</summary>
    SessionCheckOff,

    /// <summary>An answer is taken without asking whether its partitions are all there and belong to it.</summary>
    AnswerPartsMixed,

    /// <summary>A worker does not wait for the partitions that a layer needs.</summary>
    WeightsTorn,

    /// <summary>A coordinator that is started again goes on at the end of the ledger it finds.</summary>
    LedgerNotCut,

    /// <summary>A worker leaves out a sample of each shard that has two.</summary>
    SampleSkipped,

    /// <summary>A worker computes with the weights before the newest.</summary>
    StaleWeights,

    /// <summary>A span that was given to another worker never reaches it.</summary>
    ReassignmentLost,

    /// <summary>The ledger's line is written twice.</summary>
    LedgerTwice,

    /// <summary>A checkpoint holds the weights of one step and the number of another.</summary>
    CheckpointMixed,

    /// <summary>A worker evaluates with the weights before the newest.</summary>
    EvaluationStale,
}
