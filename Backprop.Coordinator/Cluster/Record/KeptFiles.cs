using Backprop.Coordinator.Cluster.Orders;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cluster.Record;

/// <summary>
/// Gives a piece of a file of another node, from an offset on. Empty: the file is not there any more; null: the node does not answer.
/// </summary>
internal delegate Task<ReadOnlyMemory<byte>?> PieceSource(KeptFile file, long offset);

/// <summary>
/// The files that belong to the record, in a node's folder: run files, data, and what runs leave. A node takes an entry only when it has
/// the entry's files, synced. One caller at a time.
/// </summary>
/// <param name="root">The node's folder.</param>
internal sealed class KeptFiles(string root) : IDisposable
{
    private static readonly string[] Folders = ["queue", "data", "runs"];
    private readonly PrefixHashes _hashes = new();
    private readonly HashSet<KeptFile> _held = [];
    private readonly HashSet<KeptFile> _gone = [];

    /// <summary>Where a file of the record is; null: a record has none there.</summary>
    public string? PathOf(string path) => PathIn(root, path);

    /// <inheritdoc cref="PathOf"/>
    /// <param name="root">The node's folder.</param>
    /// <param name="path">As another node has said it, so it must not lead elsewhere.</param>
    public static string? PathIn(string root, string path)
    {
        var parts = path.Split('/');
        return parts.Length is >= 2 and <= 5 && Folders.Contains(parts[0])
            && parts.All(part => part.Length > 0 && part is not ("." or "..") && !part.AsSpan().ContainsAny('\\', '\0'))
            ? Path.Combine([root, .. parts])
            : null;
    }

    /// <summary>A file of this node, as the record has it.</summary>
    /// <param name="path">Where it is.</param>
    /// <exception cref="UserException">It cannot be read (exit code 5).</exception>
    public KeptFile Describe(string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            var hash = _hashes.Of(path, length) ?? throw new IOException("it became shorter");
            return new KeptFile(Path.GetRelativePath(root, path).Replace('\\', '/'), length, hash);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new UserException(ExitCode.Storage, $"{path} cannot be read: {Shown.Reason(problem)}; check the disk.", problem);
        }
    }

    /// <summary>Whether this node has a file. It is read once; that it is still there is looked at each time.</summary>
    public bool Holds(KeptFile file)
    {
        try
        {
            return PathOf(file.Path) is { } path && new FileInfo(path) is { Exists: true } info && info.Length >= file.Length
                && (_held.Contains(file) || (_hashes.Of(path, file.Length) == file.Sha256 && _held.Add(file)));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Whether the leader said that it has a file no more.</summary>
    public bool IsGone(KeptFile file) => _gone.Contains(file);

    /// <summary>Another leads: it may have what one before had no more, and this node may have written to its files itself.</summary>
    public void Forget()
    {
        _hashes.Dispose();
        _held.Clear();
        _gone.Clear();
    }

    /// <summary>Fetches a file, and syncs it.</summary>
    /// <param name="before">What all had of it at the entry before; null: nothing.</param>
    /// <returns>Whether it is here now.</returns>
    /// <exception cref="UserException">It cannot be written (exit code 5).</exception>
    public async Task<bool> FetchAsync(KeptFile file, KeptFile? before, PieceSource pieces)
    {
        if (PathOf(file.Path) is not { } path)
        {
            return false;
        }

        try
        {
            DurableFile.MakeFolder(Path.GetDirectoryName(path)!);
            return await FetchEndAsync(path, file, before, pieces) ?? await FetchWholeAsync(path, file, pieces);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.CannotWrite(path, problem);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _hashes.Dispose();

    /// <summary>
    /// A log has grown, mostly: only its end is fetched. What this node wrote itself, when it led and others did not take it any more, is
    /// cut off. If it is another log then, all of it is fetched.
    /// </summary>
    /// <returns>Whether it is here now; null: all of it is needed.</returns>
    private async Task<bool?> FetchEndAsync(string path, KeptFile file, KeptFile? before, PieceSource pieces)
    {
        if (!path.EndsWith(".jsonl", StringComparison.Ordinal) || !File.Exists(path))
        {
            return null;
        }

        var common = before is not null && before.Length <= file.Length && Holds(before) ? before.Length : (long?)null;
        using (var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0))
        {
            if (common < stream.Length)
            {
                _hashes.Forget(path, beyond: common.Value);
                stream.SetLength(common.Value);
            }

            stream.Position = stream.Length;
            if (stream.Length < file.Length && !await CopyAsync(file, pieces, stream))
            {
                return false;
            }

            stream.Flush(flushToDisk: true);
        }

        if (Holds(file))
        {
            return true;
        }

        _hashes.Forget(path);
        return Holds(file) ? true : null;
    }

    private async Task<bool> FetchWholeAsync(string path, KeptFile file, PieceSource pieces)
    {
        var aside = $"{path}.part";
        using (var stream = new FileStream(aside, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            if (!await CopyAsync(file, pieces, stream))
            {
                stream.Dispose();
                DurableFile.TryDelete(aside);
                return false;
            }

            stream.Flush(flushToDisk: true);
        }

        _hashes.Forget(path);
        _held.RemoveWhere(held => held.Path == file.Path);
        if (_hashes.Of(aside, file.Length) != file.Sha256)
        {
            DurableFile.TryDelete(aside);
            return false;
        }

        File.Move(aside, path, overwrite: true);
        DurableFile.SyncFolder(Path.GetDirectoryName(path)!);
        return _held.Add(file);
    }

    private async Task<bool> CopyAsync(KeptFile file, PieceSource pieces, FileStream to)
    {
        while (to.Position < file.Length)
        {
            var piece = await pieces(file, to.Position);
            if (piece is { IsEmpty: true })
            {
                _gone.Add(file);
            }

            if (piece is not { IsEmpty: false } bytes || bytes.Length > file.Length - to.Position)
            {
                return false;
            }

            await to.WriteAsync(bytes);
        }

        return true;
    }
}
