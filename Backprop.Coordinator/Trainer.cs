using Backprop.Coordinator.Core;
using Backprop.Coordinator.Embedded;
using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Training;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;

namespace Backprop;

/// <summary>
/// Trains from code what a run file describes. Equal runs end in equal weights, on any number of workers, from code or from the command
/// line.
/// </summary>
public static class Trainer
{
    private const int MostWorkers = 1024;

    /// <summary>Trains a model to the end of its run, on workers of this process, while the caller waits.</summary>
    /// <param name="run">
    /// The run, from a file (<see cref="RunFile.Load"/>) or built in code, its data perhaps an <see cref="Shared.Data.InMemorySource"/>.
    /// </param>
    /// <param name="workers">How many workers, from 1 to 1,024, a compute thread each; null: as many as there are cores.</param>
    /// <param name="runFolder">Where the run's record and checkpoints are kept; null: nothing is written to disk.</param>
    /// <param name="cancellationToken">Ends the training after the step that is being computed.</param>
    /// <exception cref="UserException">The run does not fit together, cannot be recorded, has failed or diverged.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; with a folder, a checkpoint was written.</exception>
    public static TrainedModel Train(
        RunFile run, int? workers = null, string? runFolder = null, CancellationToken cancellationToken = default)
    {
        if (workers is < 1 or > MostWorkers)
        {
            throw new ArgumentOutOfRangeException(nameof(workers), workers, $"There must be 1 to {MostWorkers} workers.");
        }

        cancellationToken.ThrowIfCancellationRequested();
        var prepared = PreparedRun.Load(run);
        var slots = workers ?? Environment.ProcessorCount;
        return runFolder is null
            ? TrainInMemory(prepared, slots, cancellationToken)
            : TrainRecorded(prepared, slots, runFolder, cancellationToken);
    }

    private static TrainedModel TrainInMemory(PreparedRun run, int workers, CancellationToken cancellationToken)
    {
        var setup = run.Setup(null, keepsRecord: true);
        setup = setup with { Rules = setup.Rules with { Checkpoints = false } };
        using var weights = new RunWeights(run.Model, run.File.Optimizer);
        run.Model.Initialize(run.File.Seed, weights.Weights.Span);
        var observer = new EvaluationObserver(run.Metrics);
        using var engine = new EmbeddedRun(setup, weights, 0, workers, observer, TimeProvider.System);
        using (cancellationToken.Register(engine.RequestStop))
        {
            engine.Execute();
        }

        if (engine.Failure is { } failure)
        {
            throw failure;
        }

        if (engine.Outcome == RunOutcome.Stopped)
        {
            throw new OperationCanceledException(cancellationToken);
        }

        return new TrainedModel(run.File, run.Model, run.Data.Scaling, run.Data.ClassNames, memory => weights.Weights.CopyTo(memory))
        {
            Columns = run.Data.Train.Names,
            Steps = engine.Completed,
            Evaluation = observer.Evaluation,
        };
    }

    private static TrainedModel TrainRecorded(PreparedRun run, int workers, string folder, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var options = new TrainOptions { Workers = workers, RunFolder = folder };
        var progress = new RunProgress(run.Setup(null, keepsRecord: true).Rules, time);
        var session = new TrainingSession(run, options, new SilentDisplay(), progress, time, new EmbeddedEngines(workers, time));
        Coordinator.Storage.Summary summary;
        using (cancellationToken.Register(session.RequestStop))
        {
            summary = session.Execute();
        }

        if (summary.Status == Coordinator.Storage.RunStatus.Stopped)
        {
            throw new OperationCanceledException(cancellationToken);
        }

        var checkpoints = Path.Combine(folder, Coordinator.Storage.RunFolderFiles.Checkpoints);
        using var reader = CheckpointReader.Open(new CheckpointStore(checkpoints).PathOf(summary.Steps));
        return new TrainedModel(
            run.File, run.Model, run.Data.Scaling, run.Data.ClassNames,
            memory => reader.ReadModel(new CheckpointTensors(run.Model.Layout, memory, [], [])))
        {
            Columns = run.Data.Train.Names,
            Steps = summary.Steps,
            Evaluation = summary.Evaluation,
        };
    }
}
