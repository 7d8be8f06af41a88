using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>A run has ended, and how.</summary>
internal sealed record RunEnded(string Run, RunState State, ExitCode ExitCode, string Message);

/// <summary>The end of the run that was begun so manieth.</summary>
internal sealed record NumberedEnd(int Number, RunEnded Ended);

/// <summary>Trains a submitted run on a thread of its own.</summary>
internal sealed class RunThread : ISteeredRun
{
    private readonly NodeRun _run;
    private readonly Thread _thread;
    private volatile bool _isFenced;
    private bool _isAbandoned;

    private RunThread(NodeRun run, Action<RunEnded> ended)
    {
        _run = run;
        _thread = new Thread(() =>
        {
            var end = _run.Train();
            if (!_isFenced)
            {
                ended(end);
            }
        })
        {
            IsBackground = true,
            Name = "backprop run",
        };
    }

    /// <inheritdoc/>
    public ClusterStatus? Status => _run.Status;

    /// <summary>Begins a run, or goes on with it.</summary>
    /// <param name="ended">Told when it ends, from its thread; not where it was fenced.</param>
    public static RunThread Start(NodeContext node, QueuedRun run, long term, Action<RunEnded> ended)
    {
        var thread = new RunThread(new NodeRun(node, run, term), ended);
        thread._thread.Start();
        return thread;
    }

    /// <inheritdoc/>
    public void Be(bool paused, bool stopped) => _run.Be(paused, stopped);

    /// <inheritdoc/>
    public void RequestCheckpoint() => _run.RequestCheckpoint();

    /// <inheritdoc/>
    public bool Fence(TimeSpan limit)
    {
        _isFenced = true;
        _isAbandoned = _run.Abandon();
        _run.Be(paused: false, stopped: true);
        return _isAbandoned || _thread.Join(limit);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isAbandoned)
        {
            _thread.Join();
        }
    }
}
