using System.Collections.Concurrent;
using Backprop.Coordinator.Cluster.Links;
using Backprop.Coordinator.Cluster.Sessions;
using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Google.Protobuf;

namespace Backprop.Coordinator.Cluster;

/// <summary>The workers that are connected, those that have just gone, and those that may not come back. From any thread.</summary>
internal sealed class WorkerRegistry(ClusterOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<WorkerId, WorkerLink> _links = new();
    private readonly ConcurrentDictionary<WorkerId, Departure> _departures = new();
    private readonly ConcurrentDictionary<ByteString, bool> _dismissed = new();
    private readonly ConcurrentQueue<WorkerLink> _gone = new();
    private int _newestId;
    private long _bytesSent;
    private long _bytesReceived;
    private long _lookedAt = time.GetTimestamp();

    /// <summary>Everybody who is connected.</summary>
    public WorkerLink[] All => [.. _links.Values];

    /// <summary>What all connections have carried, those that have ended among them.</summary>
    public (long Sent, long Received) Bytes
    {
        get
        {
            var (sent, received) = (Interlocked.Read(ref _bytesSent), Interlocked.Read(ref _bytesReceived));
            foreach (var (_, link) in _links)
            {
                var figures = link.Figures();
                sent += figures.BytesSent;
                received += figures.BytesReceived;
            }

            return (sent, received);
        }
    }

    /// <summary>An id that no worker had.</summary>
    public int NextId() => Interlocked.Increment(ref _newestId);

    /// <summary>A worker is let in.</summary>
    public void Add(WorkerLink worker) => _links[worker.Id] = worker;

    /// <summary>The connection that the core knows by an id; null where it has ended.</summary>
    public WorkerLink? Find(WorkerId worker) => _links.GetValueOrDefault(worker);

    /// <summary>The connection of a worker's process, if there is one.</summary>
    public WorkerLink? Find(ByteString instance)
    {
        foreach (var (_, link) in _links)
        {
            if (link.Request.Instance.Equals(instance))
            {
                return link;
            }
        }

        return null;
    }

    /// <summary>Who a worker is, or was: one that has gone is known until that has been said.</summary>
    public WorkerInfo InfoOf(WorkerId worker) =>
        Find(worker)?.Info
        ?? (_departures.TryGetValue(worker, out var departure) ? departure.Worker.Info : new WorkerInfo(worker.Value, $"{worker}", "", 1));

    /// <summary>A dismissed worker that did not hear of it is told when it comes back.</summary>
    public void Dismiss(WorkerId worker)
    {
        if (Find(worker) is { } link)
        {
            _dismissed[link.Request.Instance] = true;
        }
    }

    /// <summary>Whether a worker's process was sent away for good.</summary>
    public bool WasDismissed(ByteString instance) => _dismissed.ContainsKey(instance);

    /// <summary>Whether one more may make ready; who has been at it for long without a word of it may have to go for that.</summary>
    /// <param name="replaced">Its older connection, which is going.</param>
    /// <param name="expected">So many others were let in and have not opened their links yet.</param>
    public bool TryMakePlace(WorkerLink? replaced, int expected)
    {
        WorkerLink? longest = null;
        var preparing = expected;
        foreach (var (_, link) in _links)
        {
            if (!link.IsReady && link != replaced)
            {
                preparing++;
                longest = longest is null || link.AskedAt < longest.AskedAt ? link : longest;
            }
        }

        var silence = longest is null ? TimeSpan.Zero : time.GetElapsedTime(longest.AskedAt);
        var verdict = PreparingPlaces.Judge(options.WorkersMaximum, preparing, silence);
        if (verdict == PlaceVerdict.OfTheLongest)
        {
            longest!.Close($"it has asked for nothing for {silence.TotalSeconds:0} s, and others wait for its place");
        }

        return verdict != PlaceVerdict.None;
    }

    /// <summary>Ends connections of which nothing was heard for too long. Called by one thread, again and again.</summary>
    public void CloseTheSilent()
    {
        var sinceLook = time.GetElapsedTime(_lookedAt);
        _lookedAt = time.GetTimestamp();
        foreach (var (_, link) in _links)
        {
            var silence = time.GetElapsedTime(link.HeardAt);
            if (options.Liveness.IsSilent(silence, sinceLook))
            {
                link.Close($"silent for {silence.TotalSeconds:0.0} s");
            }
        }
    }

    /// <summary>A connection has ended.</summary>
    /// <param name="departure">Why, where the core knows the worker and is to hear of it; kept until that has been said.</param>
    public void Remove(WorkerLink worker, string? departure)
    {
        if (departure is not null)
        {
            // Before it is no longer among the links: what it was called must be known until its end has been said.
            _departures[worker.Id] = new Departure(worker, departure);
        }

        _links.TryRemove(worker.Id, out _);
        Outlive(worker);
        var figures = worker.Figures();
        Interlocked.Add(ref _bytesSent, figures.BytesSent);
        Interlocked.Add(ref _bytesReceived, figures.BytesReceived);
    }

    /// <summary>Who has gone and how, to be said once; null where that has been said.</summary>
    public Departure? TakeDeparture(WorkerId worker) => _departures.TryRemove(worker, out var departure) ? departure : null;

    /// <summary>Between two steps: what those who have gone shared is given up.</summary>
    public void ForgetTheGone()
    {
        while (_gone.TryDequeue(out var link))
        {
            link.Dispose();
        }
    }

    /// <summary>Ends connections and waits for their threads.</summary>
    public static void Close(WorkerLink[] workers)
    {
        foreach (var link in workers)
        {
            link.Close("the run is over");
            link.Join();
        }
    }

    /// <summary>
    /// A worker is gone. What it shared is given up between two steps, not sooner, because a gradient that it answered counts still;
    /// at once where it shared nothing, or never was ready to answer.
    /// </summary>
    private void Outlive(WorkerLink worker)
    {
        if (worker.IsReady && worker.Info.SharesMemory)
        {
            _gone.Enqueue(worker);
        }
        else
        {
            worker.Dispose();
        }
    }

    /// <summary>A worker that has gone, and how.</summary>
    internal sealed record Departure(WorkerLink Worker, string Reason);
}
