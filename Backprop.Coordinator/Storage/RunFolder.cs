using System.Text;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Storage;

/// <summary>What is to become of a run that a folder holds.</summary>
internal enum RunFolderUse
{
    /// <summary>There must be none.</summary>
    New,

    /// <summary>It goes on.</summary>
    Resume,

    /// <summary>It is deleted.</summary>
    Overwrite,
}

/// <summary>The folder of a run, locked for this process while it is open.</summary>
internal sealed class RunFolder : IDisposable
{
    private readonly RunLock _lock;

    private RunFolder(string path, RunLock @lock)
    {
        Path = path;
        _lock = @lock;
        Checkpoints = new CheckpointStore(System.IO.Path.Combine(path, RunFolderFiles.Checkpoints));
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>The resolved run file.</summary>
    public string RunFilePath => System.IO.Path.Combine(Path, RunFolderFiles.RunFile);

    /// <summary>A line a step.</summary>
    public string LedgerPath => System.IO.Path.Combine(Path, RunFolderFiles.Ledger);

    /// <summary>A line an evaluation.</summary>
    public string MetricsPath => System.IO.Path.Combine(Path, RunFolderFiles.Metrics);

    /// <summary>The end of the run.</summary>
    public string SummaryPath => System.IO.Path.Combine(Path, RunFolderFiles.Summary);

    /// <summary>The checkpoints.</summary>
    public CheckpointStore Checkpoints { get; }

    /// <summary>Chooses the folder of a run, makes it and locks it.</summary>
    /// <param name="runs">Where runs lie that were given no folder: <c>runs</c>.</param>
    /// <param name="name">The run's name.</param>
    /// <param name="given">The folder from the command line, or null.</param>
    /// <param name="use">What is to become of a run that is there.</param>
    /// <exception cref="UserException">
    /// It holds a run, holds none to resume, or is in use (usage); it cannot be made or written (storage).
    /// </exception>
    public static RunFolder Open(string runs, string name, string? given, RunFolderUse use)
    {
        if (name.Length == 0 || name is "." or ".." || name.AsSpan().ContainsAny('/', '\\', '\0'))
        {
            throw new UserException(ExitCode.Usage, $"The run's name '{name}' is no name for a folder; change it in the run file.");
        }

        try
        {
            return use switch
            {
                RunFolderUse.New when given is null => OpenNextFree(runs, name),
                RunFolderUse.New => OpenNew(given),
                RunFolderUse.Resume => OpenResumed(given ?? RunFolderFiles.Latest(runs, name), given, name),
                RunFolderUse.Overwrite => OpenOverwritten(given ?? System.IO.Path.Combine(runs, name)),
            };
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.CannotWrite(given ?? System.IO.Path.Combine(runs, name), problem);
        }
    }

    /// <summary>Keeps the resolved run file, whole or not at all.</summary>
    /// <exception cref="UserException">It cannot be written (storage).</exception>
    public void WriteRunFile(string yaml) => DurableFile.Replace(RunFilePath, stream => stream.Write(Encoding.UTF8.GetBytes(yaml)));

    /// <summary>The resolved run file of a run that is resumed.</summary>
    /// <exception cref="UserException">It cannot be read (storage).</exception>
    public string ReadRunFile()
    {
        try
        {
            return File.ReadAllText(RunFilePath);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new UserException(
                ExitCode.Storage, $"{RunFilePath} cannot be read ({Shown.Reason(problem)}); give the run file again.", problem);
        }
    }

    /// <summary>
    /// Opens the checkpoint that a resumed run goes on from: the newest valid one. Damaged ones before it are reported and renamed, so
    /// that they count no more. Null where none was written yet: such a run starts again from its beginning.
    /// </summary>
    /// <param name="report">Told in a sentence what was passed over.</param>
    /// <exception cref="UserException">There are checkpoints and all are damaged (storage), or one is of another version
    /// (mismatch).</exception>
    public CheckpointReader? OpenNewestCheckpoint(Action<string> report)
    {
        var damaged = new List<SkippedCheckpoint>();
        var reader = Checkpoints.FindNewestValid(damaged.Add);
        if (reader is null && damaged.Count > 0)
        {
            throw new UserException(
                ExitCode.Storage,
                $"All checkpoints in {Checkpoints.Folder} are damaged. The newest: {damaged[0].Reason} Give --overwrite to train again.");
        }

        foreach (var (file, reason) in damaged)
        {
            report(reason);
            CheckpointStore.SetAside(file);
        }

        return reader;
    }

    /// <summary>Gives the folder free.</summary>
    public void Dispose() => _lock.Dispose();

    private static RunFolder OpenNextFree(string runs, string name)
    {
        for (var number = 1; ; number++)
        {
            var path = RunFolderFiles.Numbered(runs, name, number);
            if (!RunFolderFiles.IsFree(path))
            {
                continue;
            }

            DurableFile.MakeFolder(path);
            if (RunLock.TryTake(path) is not { } taken)
            {
                continue;
            }

            // Another one may have been here, and gone, between the first look and the lock.
            if (RunFolderFiles.IsFree(path))
            {
                return Prepare(path, taken, _ => { });
            }

            taken.Dispose();
        }
    }

    private static RunFolder OpenNew(string path)
    {
        DurableFile.MakeFolder(path);
        return Prepare(path, RunLock.Take(path), RefuseRun);
    }

    private static RunFolder OpenOverwritten(string path)
    {
        DurableFile.MakeFolder(path);
        return Prepare(path, RunLock.Take(path), RunFolderFiles.DeleteRun);
    }

    private static RunFolder OpenResumed(string? path, string? given, string name)
    {
        if (path is null || !RunFolderFiles.HoldsRun(path))
        {
            var what = given is null ? $"There is no run of the name {name}" : $"{given} holds no run";
            throw new UserException(ExitCode.Usage, $"{what} to resume; leave --resume out to start one, or give its folder as --run-dir.");
        }

        var folder = Prepare(path, RunLock.Take(path), _ => { });
        folder.Checkpoints.DeleteLeftovers();
        return folder;
    }

    private static void RefuseRun(string path)
    {
        if (RunFolderFiles.HoldsRun(path))
        {
            throw new UserException(
                ExitCode.Usage,
                $"{path} already holds a run; give --resume to continue it, --overwrite to delete it, or another --run-dir.");
        }
    }

    private static RunFolder Prepare(string path, RunLock taken, Action<string> prepare)
    {
        try
        {
            prepare(path);
            DurableFile.MakeFolder(System.IO.Path.Combine(path, RunFolderFiles.Checkpoints));
            return new RunFolder(path, taken);
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }
}
