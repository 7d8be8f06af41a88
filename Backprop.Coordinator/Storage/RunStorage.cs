using Backprop.Shared.Checkpoints;

namespace Backprop.Coordinator.Storage;

/// <summary>
/// All that a run keeps on disk, in the order that makes "checkpoint N durable" true: the lines up to step N are handed over when it
/// begins, then ledger and metrics are synced, the file is synced and renamed, the folder synced.
/// </summary>
internal sealed class RunStorage : IDisposable
{
    private readonly CheckpointWriter _checkpoints;

    private RunStorage(
        RunFolder folder, Ledger ledger, MetricsLog metrics, int keep, long? bestStep, Action<CheckpointOutcome> ended,
        Action<long>? agree)
    {
        Folder = folder;
        Ledger = ledger;
        Metrics = metrics;
        _checkpoints = new CheckpointWriter(folder.Checkpoints, keep, bestStep, SyncFlushed, ended, agree);
    }

    /// <summary>The folder, locked.</summary>
    public RunFolder Folder { get; }

    /// <summary>A line a step.</summary>
    public Ledger Ledger { get; }

    /// <summary>A line an evaluation.</summary>
    public MetricsLog Metrics { get; }

    /// <summary>
    /// The step of the best durable checkpoint by the first metric, when nothing is being written; null where there is none.
    /// </summary>
    public long? BestStep => _checkpoints.BestStep;

    /// <summary>A step's checkpoint, relative to the folder.</summary>
    public static string PathOf(long step) => $"{RunFolderFiles.Checkpoints}/{CheckpointStore.FileName(step)}";

    /// <summary>Opens the files of a run. Both logs are cut back to the step that the run goes on from: 0 for a new one.</summary>
    /// <param name="folder">The run's folder; it stays the caller's.</param>
    /// <param name="step">How many steps are completed.</param>
    /// <param name="parts">The names of the timed parts of a step.</param>
    /// <param name="keep">How many of the newest checkpoints stay.</param>
    /// <param name="time">The clock.</param>
    /// <param name="ended">Told in the background how each checkpoint ended.</param>
    /// <param name="cuts">What was cut from the logs.</param>
    /// <param name="agree">Waits until a checkpoint counts that is on this disk; null: it does then.</param>
    /// <param name="known">So many first bytes of the ledger are known to be whole.</param>
    /// <exception cref="Shared.Primitives.UserException">A file cannot be read or written (storage).</exception>
    public static RunStorage Open(
        RunFolder folder, long step, IReadOnlyList<string> parts, int keep, TimeProvider time, Action<CheckpointOutcome> ended,
        out LogCuts cuts, Action<long>? agree = null, long known = 0)
    {
        cuts = new LogCuts(JsonLinesCut.After(folder.LedgerPath, step, known), JsonLinesCut.After(folder.MetricsPath, step));
        DurableFile.TryDelete(folder.SummaryPath);
        var bestStep = folder.Checkpoints.FindBest(step);
        Ledger? ledger = null;
        MetricsLog? metrics = null;
        try
        {
            ledger = new Ledger(folder.LedgerPath, parts, time);
            metrics = new MetricsLog(folder.MetricsPath, time);

            // The logs' names must be as durable as their lines.
            DurableFile.SyncFolder(folder.Path);
            return new RunStorage(folder, ledger, metrics, keep, bestStep, ended, agree);
        }
        catch (Exception problem)
        {
            metrics?.Dispose();
            ledger?.Dispose();
            throw problem is IOException ? DurableFile.CannotWrite(folder.Path, problem) : problem;
        }
    }

    /// <summary>
    /// Begins to write a checkpoint of the steps so far, all of whose lines were appended. Copies the tensors; waits for a checkpoint
    /// that is still being written.
    /// </summary>
    /// <exception cref="Shared.Primitives.UserException">The ledger cannot be written (storage); the run must stop.</exception>
    public void BeginCheckpoint(Checkpoint checkpoint, CheckpointTensors tensors)
    {
        Ledger.Flush();
        Metrics.Flush();
        _checkpoints.Begin(checkpoint, tensors);
    }

    /// <summary>Waits until no checkpoint is being written.</summary>
    public void WaitForCheckpoint() => _checkpoints.Wait();

    /// <summary>Ends the run's record: the logs synced, then the summary.</summary>
    /// <exception cref="Shared.Primitives.UserException">Something cannot be written (storage).</exception>
    public void Finish(Summary summary)
    {
        Ledger.Sync();
        Metrics.Sync();
        summary.Write(Folder.SummaryPath);
    }

    /// <summary>Waits for a checkpoint that is being written and closes the files.</summary>
    public void Dispose()
    {
        _checkpoints.Dispose();
        Metrics.Dispose();
        Ledger.Dispose();
    }

    private void SyncFlushed()
    {
        Ledger.SyncFlushed();
        Metrics.SyncFlushed();
    }
}

/// <summary>What was cut from a run's logs when it was resumed.</summary>
/// <param name="Ledger">A last step below the checkpoint's means that lines are missing.</param>
/// <param name="Metrics">A last step below one that is evaluated means that the evaluation is still to be made.</param>
internal readonly record struct LogCuts(JsonLinesCut Ledger, JsonLinesCut Metrics);
