using System.Net;
using Backprop.Coordinator.Cluster.Listening;
using Backprop.Coordinator.Cluster.Processes;
using Backprop.Coordinator.Cluster.Record.Witness;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>
/// A node from its start to its end: opens its ports, finds its cluster or founds one, and stays a member of it. One that the cluster has
/// removed joins again in the same process; its workers live on meanwhile.
/// </summary>
internal sealed class NodeHost : IDisposable
{
    /// <summary>How long a cluster may take to let a node in: longer than it takes to remove one that was there before it.</summary>
    private static readonly TimeSpan JoinLimit = TimeSpan.FromSeconds(30);

    private readonly NodeOptions _options;
    private readonly LogRing _log;
    private readonly RefusalLog _refusals;
    private readonly TimeProvider _time;
    private readonly NodeCalls _calls = new();
    private bool _isLeftBehind;
    private readonly Coordination _coordination = new();
    private readonly HostPort _own;
    private readonly string _reachedAs;
    private readonly int _akkaPort;

    /// <summary>Opens a node's ports, before anything is written.</summary>
    /// <exception cref="UserException">One cannot be opened, or must not be (exit code 2).</exception>
    public NodeHost(NodeOptions options, ILogger log, TimeProvider time)
    {
        (_options, _log, _time) = (options, new LogRing(log, time), time);
        _refusals = new RefusalLog(_log, time);
        Ports = ClusterPorts.OfNode(
            options.Ports, _calls, _calls.Run, _refusals.Refused, time);
        _own = new HostPort(Own(options.Listen.Host), Ports.Address.HostPort.Port);
        _reachedAs = options.AdvertisedHost ?? Reachable(options.Listen.Host);
        _akkaPort = _own.Port + 1;
        RequireAkkaPort();
    }

    /// <summary>What its status page shows.</summary>
    public IStatusSource Status => new NodeStatus(_coordination);

    /// <summary>Where workers come to.</summary>
    public ClusterPorts Ports { get; }

    /// <summary>Is a node until it is asked to stop.</summary>
    /// <param name="path">Where it keeps what it must not forget.</param>
    /// <param name="given">The run that it coordinates, and nothing else; null: those that are submitted.</param>
    /// <param name="stop">Asks it.</param>
    /// <exception cref="UserException">It cannot be one, or its cluster does not want it.</exception>
    public async Task StayAsync(string path, GivenRun? given, CancellationToken stop)
    {
        using var folder = NodeFolder.Open(path);
        RequireCluster(folder);
        using var workers = new WorkerHost(
            WorkerHostOptions.OfNode(
                _options.Name, _own.ToString(), _options.TokenFile, _options.Identity?.Path, _options.IsInsecure, folder.CacheFolder),
            _time);
        var node = new NodeContext(_options, folder, workers, Ports, _log, _time)
        {
            Coordination = _coordination,
            StrangerRefused = (address, reason) => _refusals.Refused(address, reason, stranger: true),
            Given = given,
            Witness = _options.Witness is { } witness ? WitnessFolder.Open(witness) : null,
            Info = Meeting.Present(_options, folder.NodeId, new HostPort(_reachedAs, _options.AdvertisedPort ?? _own.Port)),
        };
        workers.Ended += node.Deaths.Add;
        _calls.Begin(node);
        using var record = new RecordCloser(node);
        while (!stop.IsCancellationRequested)
        {
            if (await new ClusterSearch(node).FindAsync(stop) is not { } seeds)
            {
                return;
            }

            var membership = Membership.Start(node, _options.Listen.Host, _reachedAs, _akkaPort);
            try
            {
                await BeMemberAsync(node, membership, seeds, stop);
            }
            finally
            {
                node.Candidacy.Undecide();
                _calls.Become(null);
                node.Coordination.IsMember = false;
                node.Coordination.BeElsewhere("");
                await (_isLeftBehind ? membership.AbandonAsync() : membership.LeaveAsync(_time));
                _isLeftBehind = false;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Ports.Dispose();
        _refusals.Dispose();
        _log.Dispose();
    }

    private async Task BeMemberAsync(NodeContext node, Membership membership, IReadOnlyList<string> seeds, CancellationToken stop)
    {
        node.Info.AkkaAddress = membership.Address;
        membership.EndWhenRemoved();
        membership.Begin(node); // before it is let in: who coordinates greets it at once
        if (seeds.Count == 0)
        {
            membership.Found();
        }
        else
        {
            membership.Join(seeds);
        }

        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = stop.Register(stopping.SetResult);
        using var ending = new CancellationTokenSource();
        try
        {
            if (await IsLetInAsync(node, membership, seeds, stopping.Task, ending.Token))
            {
                await StayMemberAsync(node, membership, stopping.Task, ending);
            }
        }
        finally
        {
            await ending.CancelAsync();
        }
    }

    /// <summary>Waits until this node is a member. Those that it was to join may be gone, so that it is to form the cluster anew.</summary>
    private async Task<bool> IsLetInAsync(
        NodeContext node, Membership membership, IReadOnlyList<string> seeds, Task stopping, CancellationToken ending)
    {
        var patience = Task.Delay(seeds.Count == 0 ? Timeout.InfiniteTimeSpan : JoinLimit, _time, ending);
        var chosen = seeds.Count > 0 && node.Record is { } kept
            ? Coordinating.WhenLeads(kept.Copy, ending)
            : new TaskCompletionSource().Task;
        var ended = await Task.WhenAny(membership.Up, membership.Over, stopping, patience, chosen);
        if (ended == patience)
        {
            _log.NotLetIn(JoinLimit.TotalSeconds);
        }

        _isLeftBehind = ended == chosen;
        return ended == membership.Up;
    }

    private async Task StayMemberAsync(NodeContext node, Membership membership, Task stopping, CancellationTokenSource ending)
    {
        _log.NodeStarts(
            _options.Name, string.Join(" and ", _options.Roles), node.Folder.Cluster, node.Info.Address, membership.Address,
            LinkAddress.Of(Ports.Links).ToString(), node.Folder.Path);
        node.Coordination.HeardAt = _time.GetTimestamp();
        _calls.Become(() => membership.Members);
        node.Coordination.IsMember = node.WasMember = true;
        var coordinating = Coordinating.RunAsync(node, membership, ending.Token);
        _ = new Belonging(node, membership).WatchAsync(ending.Token);
        var rejoin = node.RejoinAsked; // the next asks for another
        var first = await Task.WhenAny(stopping, node.Refused, membership.Over, rejoin);
        await ending.CancelAsync();
        await coordinating;
        if (first == stopping && node.Record is { } led)
        {
            // In peace: the run has stopped, with a checkpoint, and another goes on with it.
            await led.Copy.ResignAsync();
        }

        if (first == node.Refused)
        {
            throw await node.Refused;
        }

        if (first == membership.Over)
        {
            _log.Removed();
        }

        if (first == rejoin)
        {
            _log.LeftBehind();
            _isLeftBehind = true;
        }
    }

    /// <summary>One that may not coordinate can only join.</summary>
    private void RequireCluster(NodeFolder folder)
    {
        if (!_options.MayCoordinate && _options.Seeds.Count == 0 && folder.Peers.Count == 0)
        {
            throw new UserException(
                ExitCode.Usage,
                "A node with the role worker alone cannot found a cluster; name a node of the cluster with --seed HOST:PORT, or leave "
                + "--roles out.");
        }
    }

    /// <summary>Akka opens its port later; one in use is to be known before anything is written.</summary>
    private void RequireAkkaPort()
    {
        try
        {
            ClusterPorts.Listen(new HostPort(_options.Listen.Host, _akkaPort).Resolve(ExitCode.Usage)[0]).Dispose();
        }
        catch
        {
            Ports.Dispose();
            throw;
        }
    }

    /// <summary>How others reach a host that is listened on: one that stands for all has to be named.</summary>
    private static string Reachable(string host) => IsAny(host) ? Dns.GetHostName() : host;

    /// <summary>How this machine's processes reach it.</summary>
    private static string Own(string host) => IsAny(host) ? "127.0.0.1" : host;

    private static bool IsAny(string host) =>
        IPAddress.TryParse(host, out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));
}
