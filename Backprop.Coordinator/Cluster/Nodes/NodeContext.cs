using Backprop.Coordinator.Cluster.Listening;
using Backprop.Coordinator.Cluster.Processes;
using Backprop.Coordinator.Cluster.Record.Witness;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>What the parts of a node share. It outlives the node's actor system.</summary>
/// <param name="Options">What the command line says.</param>
/// <param name="Folder">What the node must not forget.</param>
/// <param name="Workers">Its worker processes.</param>
/// <param name="Ports">Where workers come to.</param>
/// <param name="Ring">Where it logs: the newest lines are kept for who asks.</param>
/// <param name="Time">The clock.</param>
internal sealed record NodeContext(
    NodeOptions Options, NodeFolder Folder, WorkerHost Workers, ClusterPorts Ports, LogRing Ring, TimeProvider Time)
{
    private readonly TaskCompletionSource<UserException> _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private volatile NodeRecord? _record;
    private TaskCompletionSource _rejoin = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Where it logs.</summary>
    public ILogger Log => Ring;

    /// <summary>How it presents itself; complete once its ports are open.</summary>
    public NodeInfo Info { get; set; } = new();

    /// <summary>The run that this node was given and ends with; null: it trains what is submitted.</summary>
    public GivenRun? Given { get; init; }

    /// <summary>Told who was refused at a port, and why.</summary>
    public Action<string, string> StrangerRefused { get; init; } = (_, _) => { };

    /// <summary>Who coordinates.</summary>
    public required Coordination Coordination { get; init; }

    /// <summary>Its copy of the cluster's record; null: it keeps none, or has not opened it yet.</summary>
    public NodeRecord? Record => _record;

    /// <summary>The folder that decides with it; null: it was given none.</summary>
    public WitnessFolder? Witness { get; init; }

    /// <summary>Whether it may found its cluster.</summary>
    public Candidacy Candidacy { get; } = new(Folder);

    /// <summary>It has been a member of its cluster since it was started.</summary>
    public bool WasMember { get; set; }

    /// <summary>How its workers ended.</summary>
    public DeathList Deaths { get; } = new(Time.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>Why the cluster does not want this node; never complete otherwise.</summary>
    public Task<UserException> Refused => _refused.Task;

    /// <summary>Complete when this node is to leave and to join again.</summary>
    public Task RejoinAsked => _rejoin.Task;

    /// <summary>Where a run's record is, by the run's id.</summary>
    public string RunFolderOf(string run) => Given is null ? Folder.RunFolderOf(run) : Path.GetDirectoryName(Folder.Path)!;

    /// <summary>Opens its copy of the cluster's record, where it keeps one. What it had of another is closed.</summary>
    /// <exception cref="UserException">It cannot be read, or is damaged (exit code 5).</exception>
    public void OpenRecord()
    {
        if (_record?.Id != Folder.Record)
        {
            CloseRecord();
            _record = NodeRecord.Open(this);
        }
    }

    /// <summary>Keeps the record no more.</summary>
    public void CloseRecord() => Interlocked.Exchange(ref _record, null)?.Dispose();

    /// <summary>This node is to leave and to join again: the cluster goes on without it.</summary>
    public void Rejoin() => Interlocked.Exchange(ref _rejoin, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    /// <summary>The cluster does not want this node.</summary>
    public void Refuse(UserException why) => _refused.TrySetResult(why);
}
