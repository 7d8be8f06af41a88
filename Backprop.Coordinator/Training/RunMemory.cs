using Backprop.Shared.Models;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Training;

/// <summary>What memory the process that keeps a run's record takes, wherever its workers are.</summary>
internal static class RunMemory
{
    /// <summary>One that is computed while the one before is sent or read.</summary>
    public const int GradientsOfWorker = 2;

    /// <summary>Weights, the optimizer's state, and the copy of both that a checkpoint is written from.</summary>
    public static MemoryNeed OfRecord(PreparedRun run) =>
        OfWeights(run).And("a checkpoint's copy", run.Model.Layout.Length, 1 + run.File.Optimizer.StateNames.Count);

    /// <summary>Weights and the optimizer's state: of a run that keeps no record.</summary>
    public static MemoryNeed OfWeights(PreparedRun run)
    {
        var (length, stateVectors) = (run.Model.Layout.Length, run.File.Optimizer.StateNames.Count);
        return new MemoryNeed().And("weights", length).And("optimizer state", length, stateVectors);
    }
}
