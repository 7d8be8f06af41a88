using System.Globalization;
using Backprop.Shared.Checkpoints;

namespace Backprop.Coordinator.Storage;

/// <summary>What a run folder holds, by name, and the questions that can be asked of a folder from outside.</summary>
internal static class RunFolderFiles
{
    public const string RunFile = "run.yaml";
    public const string Ledger = "ledger.jsonl";
    public const string Metrics = "metrics.jsonl";
    public const string Summary = "summary.json";
    public const string Checkpoints = "checkpoints";

    /// <summary>The first one has no number.</summary>
    public static string Numbered(string runs, string name, int number) =>
        Path.Combine(runs, number == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{number}"));

    /// <summary>True where some part of a run is there.</summary>
    public static bool HoldsRun(string path)
    {
        var checkpoints = Path.Combine(path, Checkpoints);
        return new[] { RunFile, Ledger, Metrics, Summary }.Any(name => File.Exists(Path.Combine(path, name)))
            || (Directory.Exists(checkpoints) && Directory.EnumerateFileSystemEntries(checkpoints).Any());
    }

    /// <summary>True where there is nothing, or only what a start that came to nothing leaves.</summary>
    public static bool IsFree(string path) => !File.Exists(path) && !HoldsRun(path)
        && (!Directory.Exists(path) || Directory.EnumerateFileSystemEntries(path)
            .All(entry => Path.GetFileName(entry) is Checkpoints or RunLock.LockName or RunLock.HolderName));

    /// <summary>The run of a name that was started or resumed last, by the time of its run file; null where there is none.</summary>
    public static string? Latest(string runs, string name)
    {
        if (!Directory.Exists(runs))
        {
            return null;
        }

        return Directory.EnumerateDirectories(runs, $"{name}*")
            .Select(path => (Path: path, Number: NumberOf(Path.GetFileName(path), name)))
            .Where(run => run.Number > 0 && HoldsRun(run.Path))
            .OrderByDescending(run => File.GetLastWriteTimeUtc(Path.Combine(run.Path, RunFile)))
            .ThenByDescending(run => run.Number)
            .Select(run => run.Path)
            .FirstOrDefault();
    }

    /// <summary>
    /// Deletes a run, and nothing else that lies there. The run file goes last: a deletion that was interrupted still leaves what looks
    /// like a run.
    /// </summary>
    public static void DeleteRun(string path)
    {
        var checkpoints = Path.Combine(path, Checkpoints);
        if (Directory.Exists(checkpoints))
        {
            var store = new CheckpointStore(checkpoints);
            store.DeleteLeftovers();
            foreach (var file in store.List())
            {
                File.Delete(file.Path);
            }

            foreach (var damaged in Directory.GetFiles(checkpoints, $"step-*{CheckpointStore.DamagedSuffix}"))
            {
                File.Delete(damaged);
            }
        }

        foreach (var name in new[] { Summary, Metrics, Ledger, RunFile })
        {
            File.Delete(DurableFile.AsideOf(Path.Combine(path, name)));
            File.Delete(Path.Combine(path, name));
        }
    }

    private static int NumberOf(string folder, string name)
    {
        if (folder == name)
        {
            return 1;
        }

        return folder.StartsWith($"{name}-", StringComparison.Ordinal)
            && int.TryParse(folder.AsSpan(name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 1
            ? number : 0;
    }
}
