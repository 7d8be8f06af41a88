using System.Security.Cryptography;
using Backprop.Coordinator.Core;
using Backprop.Coordinator.Embedded;
using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Storage;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Training;

/// <summary>Makes what carries a run: its workers are in this process or elsewhere.</summary>
/// <param name="start">Where the run begins or goes on: step, identity, what every checkpoint says of it.</param>
/// <param name="evaluationOwed">The evaluation that follows that step was never written down.</param>
internal delegate IRunEngine EngineFactory(
    RunSetup setup, RunWeights weights, Checkpoint start, bool evaluationOwed, IRunObserver observer);

/// <summary>One training from the command line: folder, checkpoint to go on from, the run, its record.</summary>
/// <param name="display">What people see.</param>
/// <param name="time">The clock.</param>
/// <param name="makeEngine">What carries the run; null: workers in this process.</param>
internal sealed class TrainingSession(
    PreparedRun run, TrainOptions options, IProgressDisplay display, TimeProvider time, EngineFactory? makeEngine = null)
{
    private IRunEngine? _engine;
    private volatile bool _stopRequested;

    /// <summary>Where the run's record is, once it is chosen.</summary>
    public string? FolderPath { get; private set; }

    /// <summary>What the run's summary says, once it is over; also of one that failed.</summary>
    public Summary? Summary { get; private set; }

    /// <summary>Finishes the step, writes a checkpoint, stops. From any thread, at any time.</summary>
    public void RequestStop()
    {
        _stopRequested = true;
        _engine?.RequestStop();
    }

    /// <summary>Trains to the end, or until stopped.</summary>
    /// <exception cref="UserException">The run cannot begin, or has failed or diverged; its record is on disk.</exception>
    public Summary Execute()
    {
        var use = options.Resume ? RunFolderUse.Resume : options.Overwrite ? RunFolderUse.Overwrite : RunFolderUse.New;
        using var folder = RunFolder.Open(options.RunsFolder, run.File.Name, options.RunFolder, use);
        FolderPath = folder.Path;
        using var weights = new RunWeights(run.Model, run.File.Optimizer, shared: options.Processes > 0);
        var tensors = new CheckpointTensors(weights.Layout, weights.Weights, weights.SlotNames, weights.Slots);
        var start = options.Resume ? Restore(folder, tensors) : Begin(tensors);
        folder.WriteRunFile(run.File.ToYaml());
        var recorder = new RunRecorder(run, start, tensors, display);
        using var storage = RunStorage.Open(
            folder, start.Step, RunRecorder.Parts, run.File.Checkpoint.Keep, time, recorder.CheckpointEnded, out var cuts);
        if (start.Step > 0 && cuts.Ledger.LastStep < start.Step)
        {
            throw new UserException(
                ExitCode.Storage,
                $"{folder.LedgerPath} ends at step {cuts.Ledger.LastStep}, before the checkpoint's step {start.Step}: "
                + "lines are missing; start the run anew with --overwrite.");
        }

        recorder.Open(storage);
        var setup = run.Setup(options.StopAt, keepsRecord: true);
        var evaluationOwed = setup.Rules.EvaluatesAfter((int)start.Step) && cuts.Metrics.LastStep < start.Step;
        using var engine = makeEngine is null
            ? new EmbeddedRun(setup, weights, (int)start.Step, options.Workers, recorder, time)
            : makeEngine(setup, weights, start, evaluationOwed, recorder);
        recorder.StopForStorage = engine.StopForStorage;
        _engine = engine;
        if (_stopRequested)
        {
            engine.RequestStop();
        }

        engine.Execute();
        _engine = null;
        storage.WaitForCheckpoint();
        var summary = Summarize(engine, recorder, start, storage, weights);
        storage.Finish(summary);
        Summary = summary;
        return engine.Failure is { } failure ? throw Ended(failure, recorder, folder) : engine.Outcome switch
        {
            RunOutcome.StorageFailed => throw recorder.CheckpointFailure
                ?? new UserException(ExitCode.Storage, $"{folder.Path} cannot be written; make room and resume with --resume."),
            _ => summary,
        };
    }

    private static UserException Ended(UserException failure, RunRecorder recorder, RunFolder folder)
    {
        var kept = recorder.CheckpointPath is { } path ? $" The last good weights are in {path}." : $" The record is in {folder.Path}.";
        return new UserException(failure.ExitCode, failure.Message + kept, failure);
    }

    private Summary Summarize(IRunEngine engine, RunRecorder recorder, Checkpoint start, RunStorage storage, RunWeights weights)
    {
        var steps = engine.Completed;
        return new Summary
        {
            Status = engine.Outcome switch
            {
                RunOutcome.Completed => RunStatus.Completed,
                RunOutcome.Stopped => RunStatus.Stopped,
                RunOutcome.Diverged => RunStatus.Diverged,
                RunOutcome.None or RunOutcome.Failed or RunOutcome.StorageFailed or RunOutcome.TooFewWorkers => RunStatus.Failed,
            },
            Steps = steps,
            Epochs = (int)(steps / RunLength.StepsPerEpoch(run.Data.Train.Count, run.File.Batch)),
            Samples = start.Samples + recorder.Times.Samples,
            Loss = recorder.Last.Step > 0 ? recorder.Last.Loss : start.Loss,
            Evaluation = recorder.Evaluation,
            WeightsSha256 = WeightsHash.Compute(weights.Layout, weights.Weights.Span),
            SamplesPerSecond = Math.Round(recorder.Times.SamplesPerSecond, 1),
            StepMilliseconds = new StepMilliseconds(Math.Round(recorder.Times.Median, 4), Math.Round(recorder.Times.P95, 4)),
            SecondsTraining = Math.Round(start.SecondsTraining + recorder.Times.Seconds, 4),
            Workers = engine.Traffic.Workers,
            BytesSent = engine.Traffic.BytesSent,
            BytesReceived = engine.Traffic.BytesReceived,
            WorkersJoined = engine.Traffic.WorkersJoined,
            WorkersLost = engine.Traffic.WorkersLost,
            ShardsComputedAgain = engine.Traffic.ShardsComputedAgain,
            NumericsVersion = NumericsVersion.Current,
            BestCheckpoint = storage.BestCheckpoint,
        };
    }

    private Checkpoint Begin(CheckpointTensors tensors)
    {
        var initHash = "";
        if (options.InitPath is { } path)
        {
            WeightsFile.Read(path, tensors);
            initHash = HashOf(path);
        }
        else
        {
            run.Model.Initialize(run.File.Seed, tensors.Weights.Span);
        }

        return Template(initHash);
    }

    private Checkpoint Restore(RunFolder folder, CheckpointTensors tensors)
    {
        using var reader = folder.OpenNewestCheckpoint(reason => display.Said($"passed over a checkpoint: {reason}"));
        if (reader is null)
        {
            display.Said($"{folder.Path} has no checkpoint yet: the run begins again at step 1");
            return Begin(tensors);
        }

        var kept = reader.Checkpoint;
        var template = Template(options.InitPath is { } path ? HashOf(path) : kept.InitHash);
        RequireSameLength(kept, reader.Path);
        reader.RequireRun(template.Identity, template.NumericsVersion);
        reader.ReadAll(tensors);
        display.Said($"resumed from {reader.Path} after step {kept.Step}");
        return template with
        {
            Step = kept.Step,
            Epoch = kept.Epoch,
            Samples = kept.Samples,
            Loss = kept.Loss,
            SecondsTraining = kept.SecondsTraining,
            BestValue = kept.BestValue,
        };
    }

    /// <summary>A longer run is the same run, unless its learning rates are not: then say so, not that the identity differs.</summary>
    private void RequireSameLength(Checkpoint kept, string path)
    {
        if (!run.File.Schedule.DependsOnLength)
        {
            return;
        }

        var before = RunFile.Parse(kept.RunFile, path, run.File.Folder, []);
        if ((before.Epochs, before.Steps) != (run.File.Epochs, run.File.Steps))
        {
            throw new UserException(
                ExitCode.Usage,
                $"The schedule '{Catalog<Shared.Schedules.ScheduleSpec>.KindOf(run.File.Schedule.GetType())}' depends on the run's length, "
                + $"which was {Length(before)} and is now {Length(run.File)}; resume with the old length, or start a new run.");
        }
    }

    private static string Length(RunFile file) => file.Epochs is { } epochs ? $"{epochs} epochs" : $"{file.Steps} steps";

    private Checkpoint Template(string initHash) => Template(run, initHash);

    private static string HashOf(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>What every checkpoint of a run says of it, before its first step.</summary>
    public static Checkpoint Template(PreparedRun run, string initHash) => new()
    {
        Step = 0,
        Epoch = 0,
        Samples = 0,
        Seed = run.File.Seed,
        Identity = RunIdentity.Compute(run.File, run.Data.Hash.AsSpan(), Convert.FromHexString(initHash)),
        NumericsVersion = NumericsVersion.Current,
        RunFile = run.File.ToYaml(),
        ClassNames = run.Data.ClassNames,
        Columns = run.Data.Train.Names,
        InputShape = run.Model.Input.Sizes.ToArray(),
        InitHash = initHash,
        Scaling = run.Data.Scaling.ToJson(),
    };
}
