namespace Backprop.Coordinator.Cluster.Orders;

/// <summary>
/// What was ordered of a cluster, folded from its record. Pure: who decides makes an entry, writes it down durably, and then applies it.
/// Read again after a crash, the same entries give the same book.
/// </summary>
internal sealed class OrderBook
{
    private readonly List<QueuedRun> _runs = [];
    private readonly SortedSet<string> _drained = new(StringComparer.Ordinal);

    /// <summary>All runs, in the order of their submission.</summary>
    public IReadOnlyList<QueuedRun> Runs => _runs;

    /// <summary>Nodes and workers that are not to compute, by name.</summary>
    public IReadOnlySet<string> Drained => _drained;

    /// <summary>How many workers are to run in all; null: each node runs its own number.</summary>
    public int? Scale { get; private set; }

    /// <summary>The highest term that was claimed.</summary>
    public long Term { get; private set; }

    /// <summary>The first run that has not ended; null where there is none.</summary>
    public QueuedRun? Current => _runs.Find(run => !run.State.IsEnded());

    /// <summary>The run of an id, or the newest of a name that has not ended; with no name, the current one.</summary>
    public QueuedRun? Find(string name) =>
        name.Length == 0 ? Current : _runs.Find(run => run.Id == name) ?? _runs.FindLast(run => run.Name == name && !run.State.IsEnded());

    /// <summary>A submission that is waiting or running already; null where there is none.</summary>
    public QueuedRun? FindSubmission(string submission) =>
        _runs.Find(run => run.Submission == submission && !run.State.IsEnded());

    /// <summary>How many runs that have not ended are before this one.</summary>
    public int PlaceOf(QueuedRun run) => _runs.Where(other => !other.State.IsEnded()).TakeWhile(other => other.Id != run.Id).Count();

    /// <summary>An id that no run had: the name, or the name with the next number.</summary>
    public string NewId(string name)
    {
        var id = name;
        for (var number = 2; _runs.Exists(run => run.Id == id); number++)
        {
            id = $"{name}-{number}";
        }

        return id;
    }

    /// <summary>Folds an entry that is written down.</summary>
    public void Apply(OrderEntry entry)
    {
        switch (entry.Kind)
        {
            case EntryKind.Term:
                Term = Math.Max(Term, entry.Count ?? 0);
                break;
            case EntryKind.Submitted:
                _runs.Add(new QueuedRun(entry.Of!, entry.Name!, entry.Submission!, entry.Files ?? []));
                break;
            case EntryKind.Began:
                Change(entry, run => run with { HasBegun = true, State = run.PauseOrdered ? RunState.Paused : RunState.Running });
                break;
            case EntryKind.Ended:
                Change(entry, run => run with
                {
                    State = entry.State ?? RunState.Failed,
                    ExitCode = entry.ExitCode ?? 0,
                    Message = entry.Message ?? "",
                });
                break;
            case EntryKind.Scaled:
                Scale = entry.Count is >= 0 and var count ? (int)count : null;
                break;
            case EntryKind.Drained:
                _drained.Add(entry.Name!);
                break;
            case EntryKind.Undrained:
                _drained.Remove(entry.Name!);
                break;
            case EntryKind.Paused:
                Change(entry, run => run with { PauseOrdered = true, State = run.HasBegun ? RunState.Paused : run.State });
                break;
            case EntryKind.Resumed:
                Change(entry, run => run with { PauseOrdered = false, State = run.HasBegun ? RunState.Running : run.State });
                break;
            case EntryKind.StopOrdered:
                Change(entry, run => run.HasBegun
                    ? run with { StopOrdered = true }
                    : run with { StopOrdered = true, State = RunState.Stopped, Message = "stopped before it began" });
                break;
        }
    }

    private void Change(OrderEntry entry, Func<QueuedRun, QueuedRun> change)
    {
        var index = _runs.FindIndex(run => run.Id == entry.Of);
        if (index >= 0 && !_runs[index].State.IsEnded())
        {
            _runs[index] = change(_runs[index]);
        }
    }
}
