using System.Collections.Concurrent;
using Backprop.Shared.Protocol;
using Backprop.Shared.Tensors;

namespace Backprop.Coordinator.Cluster;

/// <summary>Where gradients lie: in vectors of the coordinator, or in memory that a worker of this machine shares with it.</summary>
internal sealed partial class ClusterRun
{
    private readonly ConcurrentQueue<WorkerLink> _gone = new();

    /// <summary>A partition of a gradient is in: where it was the last one missing, it is folded.</summary>
    internal void PartitionArrived(SpanGradient gradient, int from) => _commit.Arrivals.Arrived(gradient, from);

    /// <summary>A span's gradient begins to arrive.</summary>
    internal void GradientBegan(SpanGradient gradient) => _commit.Arrivals.Began(gradient);

    /// <summary>A span's gradient will not become whole, or is of no use.</summary>
    internal void GradientAbandoned(SpanGradient gradient)
    {
        _commit.Arrivals.Gone(gradient);
        Gradients.Return(gradient);
    }

    /// <summary>
    /// Offers a worker of this machine the weights, and vectors for its gradients: for each shard and for all, twice, because what is not
    /// finite is computed again. No step has more spans.
    /// </summary>
    private SharedVectors? Share(SharedFloats weights, Welcome welcome)
    {
        var vectors = SharedVectors.TryCreate(VectorLength, 2 * (_setup.Rules.Shards + 1));
        welcome.Memory = vectors is null ? null : new SharedMemory
        {
            Process = Environment.ProcessId,
            Weights = weights.Descriptor,
            Gradients = vectors.Descriptor,
            Vectors = vectors.Count,
        };
        return vectors;
    }

    private void ReturnTaken()
    {
        foreach (var gradient in _commit.Taken)
        {
            Gradients.Return(gradient);
        }

        _commit.Taken.Clear();
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

    /// <summary>Between two steps.</summary>
    private void ForgetTheGone()
    {
        while (_gone.TryDequeue(out var link))
        {
            link.Dispose();
        }
    }
}
