using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Training;

/// <summary>What the coordinator's engine is given of a run that is ready.</summary>
internal static class EngineSetup
{
    /// <summary>The setup of a recorded run on this sort of workers.</summary>
    public static RunSetup SetupOf(this IRunEngines engines, PreparedRun run, TrainOptions options)
    {
        var setup = run.Setup(options.StopAt, keepsRecord: true);
        return setup with { Rules = engines.Adapt(setup.Rules) };
    }

    /// <summary>The setup of the engine.</summary>
    /// <param name="stopAt">Stop after this step, as if asked to; null: run to the end.</param>
    /// <param name="keepsRecord">False for a benchmark: no evaluation, checkpoint or ledger.</param>
    public static RunSetup Setup(this PreparedRun run, int? stopAt, bool keepsRecord) => new()
    {
        Model = run.Model,
        Train = run.Data.Train,
        Test = keepsRecord ? run.Data.Test : null,
        Loss = run.File.Loss,
        Metrics = run.Metrics,
        Optimizer = run.File.Optimizer,
        Schedule = run.File.Schedule,
        Clip = run.File.Clip,
        Seed = run.File.Seed,
        Rules = new Rules
        {
            Steps = run.Steps,
            Samples = run.Data.Train.Count,
            Batch = run.File.Batch,
            Shards = run.File.Shards,
            WorkersMaximum = 4096,
            EvaluateEveryEpochs = run.File.Evaluate.EveryEpochs,
            EvaluateEverySteps = (int)Math.Min(run.File.Evaluate.EverySteps ?? 0, int.MaxValue),
            EvaluateAtEnd = true,
            EvaluationBlocks = keepsRecord && run.Data.Test is { } test ? EvaluationFold.BlocksOf(test.Count) : 0,
            Checkpoints = keepsRecord,
            CheckpointEverySteps = (int)Math.Min(run.File.Checkpoint.EverySteps ?? 0, int.MaxValue),
            CheckpointEveryEpochs = run.File.Checkpoint.EveryEpochs ?? 0,
            CheckpointEvery = TimeSpan.FromSeconds(run.File.Checkpoint.EverySeconds),
            StopAt = stopAt ?? 0,
        },
    };
}
