using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Record;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>A run has ended, and how.</summary>
internal sealed record RunEnded(string Run, RunState State, ExitCode ExitCode, string Message)
{
    /// <summary>The files that it leaves.</summary>
    public IReadOnlyList<KeptFile> Kept { get; init; } = [];
}

/// <summary>The end of the run that was begun so manieth.</summary>
internal sealed record NumberedEnd(int Number, RunEnded Ended);

/// <summary>Trains a submitted run on a thread of its own.</summary>
internal sealed class RunThread : ISteeredRun
{
    private readonly NodeRun _run;
    private readonly Thread _thread;
    private bool _isAbandoned;

    private RunThread(NodeRun run, Action<RunEnded> ended)
    {
        _run = run;
        _thread = new Thread(() =>
        {
            var end = _run.Train();
            if (!_run.IsFenced)
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
    public static RunThread Start(NodeContext node, RecordCopy record, QueuedRun run, long term, Action<RunEnded> ended)
    {
        var agreement = new RunAgreement(record, node.Folder, run.Id, term, node.Time, node.Log);
        var thread = new RunThread(new NodeRun(node, agreement, run, term), ended);
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
        _isAbandoned = _run.Fence();
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
