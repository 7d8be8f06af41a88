using Backprop.Coordinator.Diagnostics;

namespace Backprop.Coordinator.Cluster;

/// <summary>What the worker is known to do, from what was sent and what has come. From any thread.</summary>
internal sealed partial class WorkerLink
{
    /// <summary>What is known now.</summary>
    public WorkerDoing Doing()
    {
        int orders, partition;
        lock (_gate)
        {
            (orders, partition) = (_orders.Count, _partition);
        }

        // Whoever holds it is at a frame that the other side does not take, or not yet.
        var isSending = !_sending.TryEnter();
        if (!isSending)
        {
            _sending.Exit();
        }

        var parts = _run.Partitions.Count;
        var from = Volatile.Read(ref _incoming)?.From ?? _run.VectorLength;
        return new WorkerDoing
        {
            Silence = _run.Time.GetElapsedTime(HeardAt),
            Orders = orders,
            Parts = parts,
            PartsSent = (partition < 0 ? parts : partition) - (isSending ? 1 : 0),
            GradientCome = 1 - ((double)from / _run.VectorLength),
        };
    }
}
