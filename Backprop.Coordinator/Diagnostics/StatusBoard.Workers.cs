namespace Backprop.Coordinator.Diagnostics;

/// <summary>What is written about workers.</summary>
internal sealed partial class StatusBoard
{
    private readonly Dictionary<int, Entry> _workers = [];

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
