using Backprop.Coordinator.Core;
using Backprop.Coordinator.Storage;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Training;

/// <summary>Makes a run's summary of what is known at its end.</summary>
internal static class RunSummary
{
    /// <summary>The summary of a run that was carried to its end here.</summary>
    /// <param name="before">
    /// The summary of the part before; null where there is none. Where no step was done, it still says how long steps took.
    /// </param>
    public static Summary Of(
        IRunEngine engine, Rules rules, RunProgress progress, StepTimes times, Checkpoint start, RunStorage storage, RunWeights weights,
        Summary? before)
    {
        var traffic = engine.Traffic;
        var summary = Of(StatusOf(engine.Outcome), engine.Completed, rules, progress, start.SecondsTraining + times.Seconds, weights);
        return summary with
        {
            Best = progress.Best is not { } best ? null : new BestEvaluation(
                best.Step, best.Epoch, best.Results, storage.BestStep == best.Step ? RunStorage.PathOf(best.Step) : null),
            Checkpoint = storage.Folder.Checkpoints.List() is [var newest, ..] ? RunStorage.PathOf(newest.Step) : null,
            StepMilliseconds = times.Count == 0 && before is not null
                ? before.StepMilliseconds
                : new StepMilliseconds(Math.Round(times.Median, 4), Math.Round(times.P95, 4)),
            Workers = traffic.Workers,
            BytesSent = traffic.BytesSent,
            BytesReceived = traffic.BytesReceived,
            WorkersJoined = traffic.WorkersJoined,
            WorkersLost = traffic.WorkersLost,
            ShardsComputedAgain = traffic.ShardsComputedAgain,
        };
    }

    /// <summary>The summary of a run that had nothing left to do, where its own was lost.</summary>
    public static Summary OfCheckpoint(RunFolder folder, Rules rules, RunProgress progress, Checkpoint start, RunWeights weights)
    {
        var status = start.Step >= rules.Steps ? RunStatus.Completed : RunStatus.Stopped;
        var best = progress.Best;
        var kept = best is not null && File.Exists(folder.Checkpoints.PathOf(best.Step)) ? RunStorage.PathOf(best.Step) : null;
        return Of(status, start.Step, rules, progress, start.SecondsTraining, weights) with
        {
            Best = best is null ? null : new BestEvaluation(best.Step, best.Epoch, best.Results, kept),
            Checkpoint = RunStorage.PathOf(start.Step),
        };
    }

    private static RunStatus StatusOf(RunOutcome outcome) => outcome switch
    {
        RunOutcome.Completed => RunStatus.Completed,
        RunOutcome.Stopped => RunStatus.Stopped,
        RunOutcome.Diverged => RunStatus.Diverged,
        RunOutcome.None or RunOutcome.Failed or RunOutcome.StorageFailed or RunOutcome.TooFewWorkers => RunStatus.Failed,
    };

    private static Summary Of(RunStatus status, long steps, Rules rules, RunProgress progress, double seconds, RunWeights weights)
    {
        var samples = rules.SamplesUntil((int)steps);
        return new Summary
        {
            Status = status,
            Steps = steps,
            Epochs = (int)(steps / rules.StepsPerEpoch),
            Samples = samples,
            Loss = progress.Loss,
            Evaluation = progress.Last?.Results ?? new Dictionary<string, double>(),
            EvaluationStep = progress.Last?.Step ?? 0,
            WeightsSha256 = WeightsHash.Compute(weights.Layout, weights.Weights.Span),
            SamplesPerSecond = seconds > 0 ? Math.Round(samples / seconds, 1) : 0,
            StepMilliseconds = new StepMilliseconds(0, 0),
            SecondsTraining = Math.Round(seconds, 4),
            Workers = 0,
            NumericsVersion = NumericsVersion.Current,
        };
    }
}
