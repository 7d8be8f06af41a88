using System.Collections.Immutable;
using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Cluster.Record;

/// <summary>
/// Takes a leader's entries with their files. An entry is taken when its files are here, so whoever is promised a term has the files of
/// all that was committed, and can go on with them.
/// </summary>
/// <param name="root">The node's folder.</param>
internal sealed class RecordFollower(RecordCopy copy, string root, TimeProvider time, ILogger log) : IDisposable
{
    /// <summary>A leader waits no longer for an answer than it would for a heartbeat, twice.</summary>
    private static readonly TimeSpan FetchPatience = TimeSpan.FromSeconds(1);
    private readonly KeptFiles _files = new(root);
    private readonly SemaphoreSlim _gate = new(1);
    private readonly Lock _beginning = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _fetch = Task.CompletedTask;
    private long _term;
    private bool _hasWarned;

    /// <summary>Takes entries, as many as it has the files of; the files of the next it fetches.</summary>
    /// <param name="superseded">Those whose files nobody needs any more.</param>
    public async Task<EntriesAnswer?> TakeAsync(RecordInput.EntriesCame came, IReadOnlyList<bool> superseded, PieceSource pieces)
    {
        var held = Held(came, superseded);
        var answer = copy.Take(came with { Entries = came.Entries.GetRange(0, held) });
        if (answer is not { IsTaken: true } || held == came.Entries.Count)
        {
            return answer;
        }

        await Task.WhenAny(Fetch(came.Entries[held].What, pieces), Task.Delay(FetchPatience, time));
        var more = Held(came, superseded);
        return more > held ? copy.Take(came with { Entries = came.Entries.GetRange(0, more) }) : answer;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // A fetch may be long: it ends with the piece that it waits for.
        _over.TrySetResult();
        _gate.Wait();
        _files.Dispose();
    }

    private Task Fetch(OrderEntry what, PieceSource pieces)
    {
        lock (_beginning)
        {
            return _fetch = _fetch.IsCompleted ? Task.Run(() => FetchAsync(what, UntilOver(pieces))) : _fetch;
        }
    }

    private PieceSource UntilOver(PieceSource pieces) => async (file, offset) =>
    {
        var piece = pieces(file, offset);
        return await Task.WhenAny(piece, _over.Task) == piece ? await piece : null;
    };

    private int Held(RecordInput.EntriesCame came, IReadOnlyList<bool> superseded)
    {
        var entries = came.Entries;
        var log = copy.State.Log;

        // What was taken before was taken with its files; since then some were pruned.
        bool NeedsNone(int i) =>
            superseded[i] || (came.Before.Index + i < log.Count && log[(int)came.Before.Index + i].Term == entries[i].Term);
        if (!_fetch.IsCompleted || !_gate.Wait(0))
        {
            // Whoever fetches has the files; what needs none is taken meanwhile.
            return entries.TakeWhile((entry, i) => entry.What.Kept is null or { Count: 0 } || NeedsNone(i)).Count();
        }

        try
        {
            if (came.Term > _term)
            {
                _term = came.Term;
                _files.Forget();
            }

            var count = 0;
            while (count < entries.Count && (NeedsNone(count) || HasFiles(entries[count].What)))
            {
                count++;
            }

            return count;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>What ended, or was only submitted, may have been deleted since; a checkpoint to go on from may not.</summary>
    private bool HasFiles(OrderEntry what) => (what.Kept ?? []).All(file =>
        _files.Holds(file) || (what.Kind != EntryKind.Durable && _files.IsGone(file)));

    private async Task FetchAsync(OrderEntry what, PieceSource pieces)
    {
        await _gate.WaitAsync();
        try
        {
            foreach (var file in what.Kept!.Where(file => !_files.Holds(file)))
            {
                if (!await _files.FetchAsync(file, Before(file), pieces) && (what.Kind == EntryKind.Durable || !_files.IsGone(file)))
                {
                    return;
                }
            }

            _hasWarned = false;
            if (what.Kind == EntryKind.Durable)
            {
                Prune(what);
            }
        }
        catch (UserException problem)
        {
            if (!_hasWarned)
            {
                _hasWarned = true;
                log.Warned($"this node cannot follow the cluster's record: {problem.Message}");
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The same file as the newest entry has it that this node has taken.</summary>
    private KeptFile? Before(KeptFile file)
    {
        var log = copy.State.Log;
        var found = log.FindLastIndex(entry => entry.What.Kept?.Any(kept => kept.Path == file.Path) == true);
        return found >= 0 ? log[found].What.Kept!.First(kept => kept.Path == file.Path) : null;
    }

    /// <summary>
    /// Deletes checkpoints that neither this entry nor what is committed needs. They are named by what came before, which every leader
    /// of a later term has, too.
    /// </summary>
    private void Prune(OrderEntry durable)
    {
        var state = copy.State;
        var needed = durable.Kept!.Concat(state.Log.Skip((int)state.Committed).SelectMany(entry => entry.What.Kept ?? []))
            .Concat(state.Log.Take((int)state.Committed).LastOrDefault(Names(durable))?.What.Kept ?? [])
            .Select(file => _files.PathOf(file.Path)).ToHashSet();
        foreach (var folder in durable.Kept!.Select(file => _files.PathOf(file.Path))
            .Where(path => path?.EndsWith(".safetensors", StringComparison.Ordinal) == true)
            .Select(path => Path.GetDirectoryName(path)!).Distinct())
        {
            foreach (var file in new CheckpointStore(folder).List().Where(file => !needed.Contains(file.Path)))
            {
                DurableFile.TryDelete(file.Path);
            }
        }
    }

    private static Func<RecordEntry, bool> Names(OrderEntry durable) =>
        entry => entry.What.Kind == EntryKind.Durable && entry.What.Of == durable.Of;
}
