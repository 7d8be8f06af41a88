using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Embedded;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Models;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Training;

/// <summary>What carries a run is given this.</summary>
/// <param name="Setup">What determines the run's result, and its cadence.</param>
/// <param name="Weights">The first weights and state, or those of a checkpoint; updated in place.</param>
/// <param name="Start">Where the run begins or goes on: step, identity, what every checkpoint says of it.</param>
/// <param name="EvaluationOwed">The evaluation that follows that step was never written down.</param>
/// <param name="Observer">Told what happens.</param>
/// <param name="Board">Where it is written down for who asks.</param>
internal sealed record RunStart(
    RunSetup Setup, RunWeights Weights, Checkpoint Start, bool EvaluationOwed, IRunObserver Observer, StatusBoard Board);

/// <summary>Makes what carries a run: its workers are in this process or elsewhere.</summary>
internal interface IRunEngines : IDisposable
{
    /// <summary>What the run decides by, with what the engine's sort of workers needs.</summary>
    Rules Adapt(Rules rules);

    /// <summary>How much memory the run will take of this machine, beside its data.</summary>
    /// <param name="kept">What is kept of it whoever carries it.</param>
    MemoryNeed NeedOf(PreparedRun run, MemoryNeed kept);

    /// <summary>The engine of a run that is about to begin.</summary>
    IRunEngine Open(RunStart start);
}

/// <summary>Workers inside this process, a thread each.</summary>
/// <param name="workers">How many.</param>
/// <param name="time">The clock.</param>
internal sealed class EmbeddedEngines(int workers, TimeProvider time) : IRunEngines
{
    /// <inheritdoc/>
    public Rules Adapt(Rules rules) => rules;

    /// <inheritdoc/>
    public MemoryNeed NeedOf(PreparedRun run, MemoryNeed kept) => kept
        .And("gradients", run.Model.Layout.Length, Math.Min(workers, run.File.Shards))
        .And("values between layers", MemoryNeed.ValuesOf(run.Model, Math.Min(run.File.Batch, run.Data.Train.Count)));

    /// <inheritdoc/>
    public IRunEngine Open(RunStart start) => new EmbeddedRun(
        start.Setup, start.Weights, (int)start.Start.Step, workers, start.Observer, time, start.Board, start.EvaluationOwed);

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing is held between runs.
    }
}
