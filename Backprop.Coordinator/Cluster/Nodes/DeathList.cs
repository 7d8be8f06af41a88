using Backprop.Coordinator.Cluster.Processes;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>How worker processes ended, until who coordinates has heard of it. From any thread.</summary>
internal sealed class DeathList
{
    /// <summary>So many are kept.</summary>
    public const int Most = 64;

    private const int LinesTold = 3;
    private readonly Lock _gate = new();
    private readonly Queue<WorkerDeath> _deaths = new();
    private long _newest;

    /// <summary>Those that were not heard of yet; of very many the newest.</summary>
    public IReadOnlyList<WorkerDeath> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _deaths];
            }
        }
    }

    /// <summary>A process has ended; that one left which was asked to is no news.</summary>
    public void Add(WorkerEnd end)
    {
        if (end.WasAsked)
        {
            return;
        }

        lock (_gate)
        {
            if (_deaths.Count == Most)
            {
                _deaths.Dequeue();
            }

            _deaths.Enqueue(new WorkerDeath
            {
                Number = ++_newest,
                Worker = end.Name,
                Process = end.ProcessId,
                How = end.How,
                Said = WireText.Sentence(string.Join(" | ", end.Said.TakeLast(LinesTold))),
                RestartSeconds = end.StartsAgainIn?.TotalSeconds ?? -1,
            });
        }
    }

    /// <summary>All up to a number were heard of.</summary>
    public void Forget(long heard)
    {
        lock (_gate)
        {
            while (_deaths.TryPeek(out var death) && death.Number <= heard)
            {
                _deaths.Dequeue();
            }
        }
    }
}
