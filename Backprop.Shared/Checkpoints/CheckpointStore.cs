using System.Globalization;
using Backprop.Shared.Formats;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Checkpoints;

/// <summary>A checkpoint by its name alone.</summary>
/// <param name="Step">The step that its name says.</param>
/// <param name="Path">Where it is.</param>
internal readonly record struct CheckpointFile(long Step, string Path);

/// <summary>A checkpoint that was passed over.</summary>
/// <param name="File">Which one.</param>
/// <param name="Reason">Why, in a sentence.</param>
internal readonly record struct SkippedCheckpoint(CheckpointFile File, string Reason);

/// <summary>The folder of a run's checkpoints: <c>step-00000200.safetensors</c> and so on.</summary>
internal sealed class CheckpointStore(string folder)
{
    private const string Prefix = "step-";
    private const string Suffix = ".safetensors";

    /// <summary>What is put behind the name of a damaged checkpoint, which then is none any more.</summary>
    public const string DamagedSuffix = ".damaged";

    /// <summary>The folder.</summary>
    public string Folder { get; } = folder;

    /// <summary>The name of a step's checkpoint.</summary>
    public static string FileName(long step) => $"{Prefix}{step.ToString("D8", CultureInfo.InvariantCulture)}{Suffix}";

    /// <summary>Where a step's checkpoint is or will be.</summary>
    public string PathOf(long step) => Path.Combine(Folder, FileName(step));

    /// <summary>All checkpoints by their names, the newest first. What is being written aside is none.</summary>
    /// <exception cref="UserException">The folder cannot be read (storage).</exception>
    public IReadOnlyList<CheckpointFile> List()
    {
        var files = new List<CheckpointFile>();
        foreach (var path in Find($"{Prefix}*{Suffix}"))
        {
            var name = Path.GetFileName(path);
            if (long.TryParse(name.AsSpan()[Prefix.Length..^Suffix.Length], out var step) && name == FileName(step))
            {
                files.Add(new CheckpointFile(step, path));
            }
        }

        files.Sort((a, b) => b.Step.CompareTo(a.Step));
        return files;
    }

    /// <summary>
    /// Opens the newest checkpoint whose checksum holds, or gives null where there is none. Damaged ones are passed over and reported; a
    /// checkpoint that may not be read, or of another version, is an error: going back further would silently lose what it holds.
    /// </summary>
    public CheckpointReader? FindNewestValid(Action<SkippedCheckpoint> skipped)
    {
        foreach (var file in List())
        {
            try
            {
                var reader = CheckpointReader.Open(file.Path);
                if (reader.Checkpoint.Step == file.Step)
                {
                    return reader;
                }

                reader.Dispose();
                skipped(new(file, $"{file.Path} holds step {reader.Checkpoint.Step}, not the one of its name."));
            }
            catch (UserException problem) when (problem is { ExitCode: ExitCode.Storage, InnerException: not UnauthorizedAccessException })
            {
                skipped(new(file, problem.Message));
            }
        }

        return null;
    }

    /// <summary>The newest checkpoint, up to a step, that says it was the best by the first metric when it was written.</summary>
    public long? FindBest(long lastStep)
    {
        foreach (var file in List())
        {
            if (file.Step <= lastStep && SaysBest(file.Path))
            {
                return file.Step;
            }
        }

        return null;
    }

    /// <summary>Renames a damaged checkpoint, so that it neither counts as one nor is lost to whoever wants to look at it.</summary>
    public static void SetAside(CheckpointFile file)
    {
        try
        {
            File.Move(file.Path, file.Path + DamagedSuffix, overwrite: true);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.CannotWrite(file.Path + DamagedSuffix, problem);
        }
    }

    /// <summary>Deletes what a killed run was writing.</summary>
    public void DeleteLeftovers()
    {
        foreach (var path in Find($".{Prefix}*{Suffix}.tmp"))
        {
            DurableFile.TryDelete(path);
        }
    }

    /// <summary>
    /// Deletes older checkpoints, oldest first: of those up to the durable step, the newest <paramref name="keep"/> and the best one
    /// stay. Later ones, from a run that was taken back, are overwritten when it comes there again.
    /// </summary>
    public void Prune(long durableStep, int keep, long? bestStep)
    {
        var old = List().Where(f => f.Step <= durableStep).Skip(keep).Where(f => f.Step != bestStep).Reverse();
        foreach (var file in old)
        {
            DurableFile.TryDelete(file.Path);
        }
    }

    private string[] Find(string pattern)
    {
        try
        {
            return Directory.Exists(Folder) ? Directory.GetFiles(Folder, pattern) : [];
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new UserException(
                ExitCode.Storage, $"The folder {Folder} cannot be read ({Shown.Reason(problem)}); check its permissions.", problem);
        }
    }

    private static bool SaysBest(string path)
    {
        try
        {
            using var file = SafetensorsFile.Open(path);
            return file.Header.Metadata.TryGetValue("isBest", out var best) && best == "true";
        }
        catch (UserException)
        {
            return false;
        }
    }
}
