using Backprop.Coordinator.Cluster.Processes;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>How worker processes ended, until who coordinates has heard of it. From any thread.</summary>
/// <param name="newest">The number before the first: higher than any that the node gave before it was started again.</param>
internal sealed class DeathList(long newest)
{
    /// <summary>So many are kept.</summary>
    public const int Most = 64;

    private const int LinesTold = 3;
    private readonly Lock _gate = new();
    private readonly Queue<WorkerDeath> _deaths = new();
    private readonly Dictionary<string, string> _fruitless = [];

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

    /// <summary>
    /// A process has ended. That one left which was asked to is no news; nor is it that one which could not even begin has failed again, in
    /// the same words.
    /// </summary>
    public void Add(WorkerEnd end)
    {
        if (end.WasAsked)
        {
            return;
        }

        var said = WireText.Sentence(string.Join(" | ", end.Said.TakeLast(LinesTold)));
        lock (_gate)
        {
            if (IsKnown(end, $"{end.How}: {said}"))
            {
                return;
            }

            if (_deaths.Count == Most)
            {
                _deaths.Dequeue();
            }

            _deaths.Enqueue(new WorkerDeath
            {
                Number = ++newest,
                Worker = end.Name,
                Process = end.ProcessId,
                How = end.How,
                Said = said,
                RestartSeconds = end.StartsAgainIn?.TotalSeconds ?? -1,
            });
        }
    }

    /// <summary>Only at the longest pause are the attempts so many, and without an end, that one line has to do for all.</summary>
    private bool IsKnown(WorkerEnd end, string words)
    {
        if (end.Fruitless == 0 || end.StartsAgainIn < RestartPolicy.LongestPause)
        {
            _fruitless.Remove(end.Name);
            return false;
        }

        var isKnown = _fruitless.TryGetValue(end.Name, out var last) && last == words;
        _fruitless[end.Name] = words;
        return isKnown;
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
