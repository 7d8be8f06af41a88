using Backprop.Coordinator.Cluster.Listening;
using Backprop.Coordinator.Cluster.Processes;
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

    private TaskCompletionSource _rejoin = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Where it logs.</summary>
    public ILogger Log => Ring;

    /// <summary>How it presents itself; complete once its ports are open.</summary>
    public NodeInfo Info { get; set; } = new();

    /// <summary>The run that this node was given and ends with; null: it trains what is submitted.</summary>
    public GivenRun? Given { get; init; }

    /// <summary>Who coordinates.</summary>
    public required Coordination Coordination { get; init; }

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

    /// <summary>This node is to leave and to join again, so that an older one coordinates.</summary>
    public void Rejoin() => Interlocked.Exchange(ref _rejoin, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    /// <summary>The cluster does not want this node.</summary>
    public void Refuse(UserException why) => _refused.TrySetResult(why);
}
