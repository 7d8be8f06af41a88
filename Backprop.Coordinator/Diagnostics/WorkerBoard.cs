namespace Backprop.Coordinator.Diagnostics;

/// <summary>
/// Where a coordinator writes what it knows of its workers, for a <see cref="StatusReader"/> to read. Writers allocate nothing once a
/// worker is known. Bytes and the last sign of life are read from a worker's link when somebody looks, so that no frame pays for them.
/// All methods: from any thread.
/// </summary>
internal sealed class WorkerBoard
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, Entry> _workers = [];
    private WorkerNumbers _now;

    /// <summary>A worker was let in and prepares. It is listed, and does not take part yet.</summary>
    /// <param name="link">Reads what its connection has carried; called by readers, at any time, even after the worker is gone.</param>
    public void Connected(WorkerInfo worker, Func<LinkFigures> link)
    {
        lock (_gate)
        {
            _workers[worker.Id] = new Entry(worker, link);
        }
    }

    /// <summary>A worker is warm and takes part: when the core is told of it.</summary>
    /// <param name="samplesPerSecond">The speed that it measured in its warm-up; null where it measured none.</param>
    public void Joined(int worker, double? samplesPerSecond)
    {
        lock (_gate)
        {
            if (_workers.TryGetValue(worker, out var entry) && entry.State == WorkerState.Preparing)
            {
                (entry.State, entry.Speed) = (WorkerState.Idle, samplesPerSecond);
                _now.Joined++;
            }
        }
    }

    /// <summary>A worker is not there any more. Unknown ones are nobody's.</summary>
    /// <param name="lost">False where it left by its own wish, or because the run is over.</param>
    public void Gone(int worker, bool lost)
    {
        lock (_gate)
        {
            if (_workers.Remove(worker, out var entry))
            {
                var link = entry.Link();
                _now.GoneSent += link.BytesSent;
                _now.GoneReceived += link.BytesReceived;
                _now.Lost += lost && entry.State != WorkerState.Preparing ? 1 : 0;
            }
        }
    }

    /// <summary>What a worker does now. One that prepares takes part only by <see cref="Joined"/>.</summary>
    public void Does(int worker, WorkerState state)
    {
        lock (_gate)
        {
            if (_workers.TryGetValue(worker, out var entry) && entry.State != WorkerState.Preparing && state != WorkerState.Preparing)
            {
                entry.State = state;
            }
        }
    }

    /// <summary>How fast a worker is, as the core reckons.</summary>
    public void Speed(int worker, double samplesPerSecond)
    {
        lock (_gate)
        {
            if (_workers.TryGetValue(worker, out var entry))
            {
                entry.Speed = samplesPerSecond;
            }
        }
    }

    /// <summary>A worker's answer for so many shards was taken.</summary>
    public void Answered(int worker, int shards)
    {
        lock (_gate)
        {
            if (_workers.TryGetValue(worker, out var entry))
            {
                entry.Shards += shards;
            }
        }
    }

    /// <summary>An answer came late or twice and was dropped unread.</summary>
    public void Dropped()
    {
        lock (_gate)
        {
            _now.Dropped++;
        }
    }

    /// <summary>So many shards were given to a second worker, for whatever reason.</summary>
    public void ComputedAgain(int shards)
    {
        lock (_gate)
        {
            _now.Again += shards;
        }
    }

    /// <summary>A copy of everything, of one moment.</summary>
    public WorkerNumbers Copy(out ReadOnlySpan<WorkerEntry> workers)
    {
        // What is allocated, is allocated outside the lock; one more worker in between is no reason to begin again.
        WorkerEntry[] seen;
        WorkerNumbers now;
        int count;
        do
        {
            seen = new WorkerEntry[_workers.Count + 4];
        }
        while ((count = Copy(seen, out now)) < 0);

        workers = seen.AsSpan(0, count);
        return now;
    }

    /// <returns>How many workers there are; negative where there is no room for them.</returns>
    private int Copy(WorkerEntry[] seen, out WorkerNumbers now)
    {
        lock (_gate)
        {
            now = _now;
            if (_workers.Count > seen.Length)
            {
                return -1;
            }

            var count = 0;
            foreach (var worker in _workers.Values)
            {
                seen[count++] = new WorkerEntry(worker.Info, worker.Link, worker.State, worker.Speed, worker.Shards);
            }

            return count;
        }
    }

    private sealed class Entry(WorkerInfo info, Func<LinkFigures> link)
    {
        public WorkerInfo Info { get; } = info;

        public Func<LinkFigures> Link { get; } = link;

        public WorkerState State { get; set; } = WorkerState.Preparing;

        /// <summary>Samples per second; null where nobody measures it.</summary>
        public double? Speed { get; set; }

        public long Shards { get; set; }
    }
}

/// <summary>A worker, as a <see cref="WorkerBoard"/> has it.</summary>
/// <param name="Link">Reads what its connection has carried.</param>
/// <param name="Speed">Samples per second; null where nobody measures it.</param>
/// <param name="Shards">How many of its shards were taken.</param>
internal readonly record struct WorkerEntry(WorkerInfo Info, Func<LinkFigures> Link, WorkerState State, double? Speed, long Shards);

/// <summary>What a <see cref="WorkerBoard"/> counts over all workers, those that are gone among them.</summary>
internal struct WorkerNumbers
{
    public long Joined;
    public long Lost;
    public long Again;
    public long Dropped;
    public long GoneSent;
    public long GoneReceived;
}
