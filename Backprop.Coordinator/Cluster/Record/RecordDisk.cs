using System.Collections.Immutable;
using System.Text.Json;
using Backprop.Coordinator.Cluster.Orders;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;
using Microsoft.Win32.SafeHandles;

namespace Backprop.Coordinator.Cluster.Record;

/// <summary>
/// A node's copy of the record on its disk: <c>entries.jsonl</c>, a line an entry, and <c>promise.json</c>, which says how much of it
/// counts. The promise is replaced after the entries are synced: one file decides. So a log that was cut, even at the end of a line, is
/// known to be damaged, and its node does not vote with what is left.
/// </summary>
internal sealed class RecordDisk : IDisposable
{
    private readonly string _folder;
    private readonly string _id;
    private readonly SafeFileHandle _log;
    private readonly List<long> _ends = [];

    /// <summary>A promise was replaced, or was not: its folder could not be synced. Nothing is said before one surely is.</summary>
    private bool _isUnsure;

    private RecordDisk(string folder, string id, SafeFileHandle log) => (_folder, _id, _log) = (folder, id, log);

    private string PromisePath => Path.Combine(_folder, "promise.json");

    private string LogPath => Path.Combine(_folder, "entries.jsonl");

    /// <summary>Begins a record that has one voter.</summary>
    /// <param name="self">The voter's id.</param>
    /// <param name="id">The record's.</param>
    /// <exception cref="UserException">It cannot be written (exit code 5).</exception>
    public static void Found(string folder, string self, string id)
    {
        Create(folder, id);
        using var disk = Open(folder, self, id, out var empty);
        disk.Save(empty, empty with
        {
            Log = [new RecordEntry(1, new OrderEntry(EntryKind.Configured) { Voters = [self] })],
        });
    }

    /// <summary>Begins a record without an entry.</summary>
    /// <param name="id">The record's.</param>
    /// <exception cref="UserException">It cannot be written (exit code 5).</exception>
    public static void Create(string folder, string id)
    {
        try
        {
            DurableFile.MakeFolder(folder);
            using (var log = File.OpenHandle(Path.Combine(folder, "entries.jsonl"), FileMode.Create, FileAccess.Write))
            {
                RandomAccess.FlushToDisk(log);
            }

            Write(Path.Combine(folder, "promise.json"), new RecordPromise(id, 0, "", 0, 0, 0));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.CannotWrite(folder, problem);
        }
    }

    /// <summary>Opens a node's copy.</summary>
    /// <param name="self">The node's id.</param>
    /// <param name="id">The record's.</param>
    /// <param name="state">What it holds.</param>
    /// <exception cref="UserException">It cannot be read, or is damaged (exit code 5).</exception>
    public static RecordDisk Open(string folder, string self, string id, out RecordState state)
    {
        SafeFileHandle? log = null;
        try
        {
            var promise = ReadPromise(Path.Combine(folder, "promise.json"), id);
            var path = Path.Combine(folder, "entries.jsonl");
            log = File.Exists(path) ? File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read) : throw Damaged(path);
            var disk = new RecordDisk(folder, id, log);
            state = new RecordState
            {
                Self = self,
                Promised = promise.Term,
                PromisedTo = promise.To,
                Log = disk.Read(promise),
                Committed = Math.Min(promise.Committed, promise.Entries),
            };

            // Written, and never answered for.
            RandomAccess.SetLength(log, promise.Bytes);
            return disk;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            log?.Dispose();
            throw DurableFile.CannotWrite(folder, problem);
        }
        catch
        {
            log?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Gives up the entries of <paramref name="before"/> that <paramref name="after"/> does not have, before others are written over them.
    /// </summary>
    /// <returns>What is left of the state; it counts, whatever becomes of the rest.</returns>
    /// <exception cref="UserException">It cannot be written (exit code 5).</exception>
    public RecordState Cut(RecordState before, RecordState after)
    {
        var common = Common(before.Log, after.Log);
        if (common == before.Log.Count)
        {
            return before;
        }

        Write(Promise(before, common));
        _ends.RemoveRange(common, _ends.Count - common);
        return before with
        {
            Log = before.Log.RemoveRange(common, before.Log.Count - common),
            Committed = Math.Min(before.Committed, common),
        };
    }

    /// <summary>Saves what was promised and added. Then it survives any crash; where it fails, all is as it was before.</summary>
    /// <returns>Whether anything had to be written.</returns>
    /// <exception cref="UserException">It cannot be written (exit code 5).</exception>
    public bool Save(RecordState before, RecordState after)
    {
        if (!_isUnsure && before.Log.Count == after.Log.Count && before.Promised == after.Promised
            && before.PromisedTo == after.PromisedTo)
        {
            return false;
        }

        var count = _ends.Count;
        try
        {
            if (_isUnsure)
            {
                // The promise on the disk may count entries that are written over now.
                Write(Promise(before, count));
            }

            Append(after.Log, count);
            Write(Promise(after, after.Log.Count));
            return true;
        }
        catch (Exception problem)
        {
            _ends.RemoveRange(count, _ends.Count - count);
            throw problem is IOException or UnauthorizedAccessException ? DurableFile.CannotWrite(_folder, problem) : problem;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _log.Dispose();

    private void Append(ImmutableList<RecordEntry> entries, int from)
    {
        if (from == entries.Count)
        {
            return;
        }

        var begin = EndOf(from);
        using var lines = new MemoryStream();
        for (var i = from; i < entries.Count; i++)
        {
            lines.Write(RecordLine.Of(entries[i]));
            _ends.Add(begin + lines.Length);
        }

        try
        {
            RandomAccess.Write(_log, lines.GetBuffer().AsSpan(0, (int)lines.Length), begin);
            RandomAccess.SetLength(_log, begin + lines.Length);
            RandomAccess.FlushToDisk(_log);
        }
        catch (IOException)
        {
            // On a full disk the half of it would be in the way of the next promise.
            RandomAccess.SetLength(_log, begin);
            throw;
        }
    }

    private long EndOf(int entries) => entries > 0 ? _ends[entries - 1] : 0;

    private RecordPromise Promise(RecordState state, int entries) =>
        new(_id, state.Promised, state.PromisedTo, entries, EndOf(entries), Math.Min(state.Committed, entries));

    private void Write(RecordPromise promise)
    {
        _isUnsure = true;
        Write(PromisePath, promise);
        _isUnsure = false;
    }

    private static void Write(string path, RecordPromise promise) => DurableFile.Replace(
        path, stream => stream.Write(RecordLine.Of(JsonSerializer.SerializeToUtf8Bytes(promise, RecordJson.Default.RecordPromise))));

    private static RecordPromise ReadPromise(string path, string id)
    {
        try
        {
            var promise = RecordLine.TryRead(File.ReadAllBytes(path), out var json)
                ? JsonSerializer.Deserialize(json, RecordJson.Default.RecordPromise)
                : null;
            return promise is { Term: >= 0, Entries: >= 0, Bytes: >= 0, Committed: >= 0 } && promise.Record == id
                ? promise
                : throw Damaged(path);
        }
        catch (Exception problem) when (problem is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw Damaged(path);
        }
    }

    private ImmutableList<RecordEntry> Read(RecordPromise promise)
    {
        if (RandomAccess.GetLength(_log) < promise.Bytes)
        {
            throw Damaged(LogPath);
        }

        var bytes = new byte[promise.Bytes];
        RandomAccess.Read(_log, bytes, 0);
        var entries = ImmutableList.CreateBuilder<RecordEntry>();
        for (var at = 0; at < bytes.Length;)
        {
            var end = bytes.AsSpan(at).IndexOf((byte)'\n') + 1;
            entries.Add((end > 0 ? RecordLine.ReadEntry(bytes.AsSpan(at, end)) : null) ?? throw Damaged(LogPath));
            at += end;
            _ends.Add(at);
        }

        return entries.Count == promise.Entries ? entries.ToImmutable() : throw Damaged(LogPath);
    }

    /// <summary>So many entries are the same objects: what was appended or cut shares the rest.</summary>
    private static int Common(ImmutableList<RecordEntry> before, ImmutableList<RecordEntry> after)
    {
        var count = Math.Min(before.Count, after.Count);
        while (count > 0 && !ReferenceEquals(before[count - 1], after[count - 1]))
        {
            count--;
        }

        return count;
    }

    private static UserException Damaged(string path) => new(
        ExitCode.Storage,
        $"{path} is damaged, and this node's word would not be worth anything; if others have the cluster's record, give this node a new "
        + "--data and a --seed; if none has, restore the folder from a copy.");
}
