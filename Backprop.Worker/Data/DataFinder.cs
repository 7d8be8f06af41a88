using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;

namespace Backprop.Worker.Data;

/// <summary>
/// Finds each of a run's data files on this machine: in the folder that the user named, where the coordinator has it, in the cache; or has
/// it fetched into the cache. What is found is the coordinator's file to the last bit.
/// </summary>
/// <param name="folder">The user's folder with the data, or null.</param>
/// <param name="cache">Where fetched files are kept.</param>
/// <param name="stopping">Ends the wait for another worker that fetches the same file.</param>
internal sealed class DataFinder(string? folder, string cache, CancellationToken stopping = default)
{
    /// <summary>Where each file is, by the coordinator's path.</summary>
    /// <param name="fetch">Fetches a file into a stream; null: nobody sends any, they are on this machine.</param>
    /// <exception cref="UserException">
    /// A file in the user's folder is another one (exit code 7), one that would not be sent is nowhere (exit code 2), or there is no room.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was to stop.</exception>
    public Dictionary<string, FoundFile> Find(IReadOnlyList<OfferedFile> files, Action<OfferedFile, Stream>? fetch)
    {
        var found = new Dictionary<string, FoundFile>();
        foreach (var file in files)
        {
            var isOnlyOfName = files.Count(other => other.SafeName == file.SafeName) == 1;
            found[file.Path] = InFolder(file, isOnlyOfName) ?? WhereItWas(file) ?? InCache(file)
                ?? Fetched(file, fetch ?? throw NotHere(file));
        }

        return found;
    }

    private FoundFile? InFolder(OfferedFile file, bool isOnlyOfName)
    {
        if (folder is null)
        {
            return null;
        }

        var path = Path.Combine(folder, file.SafeName);
        if (!File.Exists(path))
        {
            return null;
        }

        var hash = HashOf(path);
        if (hash.AsSpan().SequenceEqual(file.Sha256))
        {
            return new FoundFile(path, "--data");
        }

        // Two files of one name, from two folders: the other one is meant.
        return !isOnlyOfName ? null : throw new UserException(
            ExitCode.Mismatch,
            $"{Path.GetFullPath(path)} has SHA-256 {Convert.ToHexStringLower(hash)}, but the coordinator's {file.Path} has {file.Hash}; "
            + "give this worker the same file, or leave --data out to have it sent.");
    }

    private static FoundFile? WhereItWas(OfferedFile file)
    {
        try
        {
            return Path.IsPathFullyQualified(file.Path) && IsSame(file.Path, file) ? new FoundFile(file.Path, "its own path") : null;
        }
        catch (Exception exception) when (exception is UserException or ArgumentException)
        {
            return null;
        }
    }

    private FoundFile? InCache(OfferedFile file)
    {
        var path = CachePath(file);
        return new FileInfo(path).LinkTarget is null && IsSame(path, file) ? new FoundFile(path, "the cache") : null;
    }

    private static UserException NotHere(OfferedFile file) => new(
        ExitCode.Usage,
        $"This worker cannot read {WireText.Sentence(file.Path)} as the coordinator on this machine has it; check that it can be "
        + "read and was not changed since.");

    /// <summary>Workers of one machine fetch a file once: the others wait, then find it in the cache.</summary>
    private FoundFile Fetched(OfferedFile file, Action<OfferedFile, Stream> fetch)
    {
        using var turn = CacheLock.Take(CachePath(file), stopping);
        if (InCache(file) is { } found)
        {
            return found;
        }

        CacheFolder.Write(CachePath(file), file, fetch);
        return new FoundFile(CachePath(file), "the coordinator");
    }

    private string CachePath(OfferedFile file) => Path.Combine(cache, $"{file.Hash}-{file.SafeName}");

    /// <summary>The length first: it is cheap, and 0 for what is no regular file and must not be opened.</summary>
    private static bool IsSame(string path, OfferedFile file) =>
        File.Exists(path) && file.Size > 0 && new FileInfo(path).Length == file.Size && HashOf(path).AsSpan().SequenceEqual(file.Sha256);

    private static byte[] HashOf(string path)
    {
        try
        {
            return RunData.HashOf(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserException(
                ExitCode.Usage, $"{path} cannot be read: {Shown.Reason(exception)}; check the path and the disk.", exception);
        }
    }
}

/// <summary>A data file on this machine.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Origin">In what way it was found, for people.</param>
internal readonly record struct FoundFile(string Path, string Origin);
