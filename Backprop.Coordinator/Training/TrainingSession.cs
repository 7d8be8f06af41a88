using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Storage;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Training;

/// <summary>One training from the command line: folder, checkpoint to go on from, the run, its record.</summary>
/// <param name="display">What people see.</param>
/// <param name="progress">How far the run is.</param>
/// <param name="time">The clock.</param>
/// <param name="engines">What carries the run.</param>
internal sealed class TrainingSession(
    PreparedRun run, TrainOptions options, IProgressDisplay display, RunProgress progress, TimeProvider time, IRunEngines engines)
{
    private readonly RunSetup _setup = engines.SetupOf(run, options);
    private readonly RunWishes _wishes = new();

    /// <summary>Told when the run begins, before its engine is made.</summary>
    public Action<StatusBoard, Checkpoint>? Begins { get; init; }

    /// <summary>Where the run's record is, once it is chosen.</summary>
    public string? FolderPath { get; private set; }

    /// <summary>What the run's summary says, once it is over; also of one that failed.</summary>
    public Summary? Summary { get; private set; }

    /// <summary>Finishes the step, writes a checkpoint, stops. From any thread, at any time.</summary>
    public void RequestStop() => _wishes.RequestStop();

    /// <summary>Finishes the step, writes a checkpoint, stands still. From any thread, at any time.</summary>
    public void Pause() => _wishes.Pause();

    /// <summary>Lets a run that pauses go on. From any thread, at any time.</summary>
    public void Resume() => _wishes.Resume();

    /// <summary>Finishes the step and writes a checkpoint. From any thread, at any time.</summary>
    public void RequestCheckpoint() => _wishes.RequestCheckpoint();

    /// <summary>Trains to the end, or until stopped.</summary>
    /// <exception cref="UserException">The run cannot begin, or has failed or diverged; its record is on disk.</exception>
    public Summary Execute()
    {
        engines.NeedOf(run, RunMemory.OfRecord(run)).Require($"The run {run.File.Name}", MachineMemory.Available());
        var use = options.Resume ? RunFolderUse.Resume : options.Overwrite ? RunFolderUse.Overwrite : RunFolderUse.New;
        using var weights = new RunWeights(run.Model, run.File.Optimizer, shared: options.Processes > 0);
        var tensors = new CheckpointTensors(weights.Layout, weights.Weights, weights.StateNames, weights.State);

        // The first weights are read before a folder is emptied: they may come from there, or not be there at all.
        var beginning = new RunBeginning(run, options, display);
        var first = options.Resume ? null : beginning.First(tensors);
        using var folder = RunFolder.Open(options.RunsFolder, run.File.Name, options.RunFolder, use);
        FolderPath = folder.Path;
        var start = first ?? beginning.Resume(folder, tensors);
        progress.Begin(start);
        var finished = new FinishedRun(folder, _setup.Rules, progress, start, weights);
        return Summary = finished.IsFinished() ? finished.Keep(display) : Carry(folder, weights, tensors, start);
    }

    private Summary Carry(RunFolder folder, RunWeights weights, CheckpointTensors tensors, Checkpoint start)
    {
        var (rules, keep) = (_setup.Rules, run.File.Checkpoint.Keep);
        if (DiskNeed.Of(weights.Layout, weights.State.Length, keep, rules, start.Step).JudgeDiskOf(folder) is { } doubt)
        {
            display.Warned(doubt);
        }

        if (RateEnd.Doubt(run.File.Schedule, start.Step, rules.Steps) is { } nothing)
        {
            display.Warned(nothing);
        }

        folder.WriteRunFile(run.File.ToYaml());
        var before = Storage.Summary.TryRead(folder.SummaryPath);
        var board = new StatusBoard(rules, (int)start.Step);
        var recorder = new RunRecorder(run, rules, start, tensors, new BothDisplays(display, board), progress);
        using var storage = RunStorage.Open(
            folder, start.Step, RunRecorder.Parts, keep, time, recorder.CheckpointEnded, out var cuts, options.Agree, options.KnownLedger);
        LostLines.Note(storage, cuts, start, display);
        recorder.Open(storage);
        Begins?.Invoke(board, start);
        var owed = rules.EvaluatesAfter((int)start.Step) && cuts.Metrics.LastStep < start.Step;
        using var engine = engines.Open(new RunStart(_setup, weights, start, owed, recorder, board));
        Execute(engine, recorder);
        storage.WaitForCheckpoint();
        var summary = RunSummary.Of(engine, rules, progress, recorder.Times, start, storage, weights, before);
        var failure = RunEnding.FailureOf(engine, recorder, storage);
        try
        {
            options.RequireLead?.Invoke();
            storage.Finish(summary);
        }
        catch (UserException) when (failure?.ExitCode == ExitCode.Storage)
        {
            // It is why the run ended, and is said below.
        }
        catch (UserException)
        {
            board.Ended(RunStatus.Failed);
            throw;
        }

        board.Ended(summary.Status);
        Summary = summary;
        return failure is null ? summary : throw failure;
    }

    private void Execute(IRunEngine engine, RunRecorder recorder)
    {
        recorder.StopForStorage = engine.StopForStorage;
        _wishes.GoTo(engine);
        engine.Execute();
        _wishes.GoTo(null);
    }
}
