using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Tools.Singleton;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>A node's membership in its cluster, from joining to its end: an actor system and the actors that every node has.</summary>
internal sealed class Membership
{
    private const string SingletonName = "coordinator";
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(45);
    private readonly ActorSystem _system;
    private readonly Akka.Cluster.Cluster _cluster;
    private readonly TaskCompletionSource _up = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Membership(ActorSystem system)
    {
        _system = system;
        _cluster = Akka.Cluster.Cluster.Get(system);
        _cluster.RegisterOnMemberUp(() => _up.TrySetResult());
    }

    /// <summary>Akka's address of this node.</summary>
    public string Address => _cluster.SelfAddress.ToString();

    /// <summary>Akka's addresses of all members.</summary>
    public IReadOnlyList<string> Members => [.. _cluster.State.Members
        .Where(member => member.Status is MemberStatus.Up or MemberStatus.WeaklyUp).Select(member => member.Address.ToString())];

    /// <summary>Complete when this node is a member.</summary>
    public Task Up => _up.Task;

    /// <summary>Complete when it is none any more, and its actors have ended.</summary>
    public Task Over => _system.WhenTerminated;

    /// <summary>Starts the actor system of a node whose cluster is known.</summary>
    /// <param name="port">Akka's port; 0: any free one.</param>
    /// <exception cref="UserException">The port is in use (exit code 2).</exception>
    public static Membership Start(NodeContext node, string bound, string advertised, int port)
    {
        try
        {
            // The cluster's id is in the name: who was not told it is not understood.
            var system = ActorSystem.Create(
                $"backprop-{node.Folder.Cluster}", AkkaSettings.Of(bound, advertised, port, node.Options.Roles));
            return new Membership(system);
        }
        catch (Exception problem) when (Innermost(problem) is System.Net.Sockets.SocketException reason)
        {
            throw new UserException(
                ExitCode.Usage,
                $"The port {port} of {bound}, where nodes talk to each other, cannot be listened on: {Shown.Reason(reason)}; choose "
                + "another --listen.",
                problem);
        }
    }

    /// <summary>Becomes the first member.</summary>
    public void Found() => _cluster.Join(_cluster.SelfAddress);

    /// <summary>Joins others, as long as it takes.</summary>
    public void Join(IEnumerable<string> seeds) =>
        _cluster.JoinSeedNodes([.. seeds.Select(TryParse).OfType<Address>().Where(seed => seed != _cluster.SelfAddress)]);

    /// <summary>Akka's address of a node as it was told; null: it is none. Akka's own <c>Parse</c> throws what it likes.</summary>
    public static Address? TryParse(string text) =>
        Akka.Actor.Address.TryParse(text, out var address) && address is { Host.Length: > 0, Port: > 0 } ? address : null;

    /// <summary>Starts the node's actors.</summary>
    public void Begin(NodeContext node)
    {
        if (node.Options.MayCoordinate)
        {
            var settings = ClusterSingletonManagerSettings.Create(_system)
                .WithRole(NodeOptions.Coordinator).WithSingletonName(SingletonName);
            var coordinator = Props.Create(() => new CoordinatorActor(node)).WithDispatcher(AkkaSettings.RecordDispatcher);
            _system.ActorOf(ClusterSingletonManager.Props(coordinator, PoisonPill.Instance, settings), SingletonName);
        }

        var proxy = _system.ActorOf(
            ClusterSingletonProxy.Props(
                $"/user/{SingletonName}",
                ClusterSingletonProxySettings.Create(_system).WithRole(NodeOptions.Coordinator).WithSingletonName(SingletonName)),
            "proxy");
        _system.ActorOf(Props.Create(() => new NodeActor(node, proxy)), "node");
    }

    /// <summary>Leaves in good order: the coordinator's work ends first. Who was never let in has nothing to leave.</summary>
    public async Task LeaveAsync(TimeProvider time)
    {
        if (!_up.Task.IsCompleted)
        {
            await _system.Terminate();
            return;
        }

        var left = CoordinatedShutdown.Get(_system).Run(CoordinatedShutdown.ClusterLeavingReason.Instance);
        await Task.WhenAny(left, Task.Delay(LeaveLimit, time));
        await _system.Terminate();
    }

    /// <summary>Ends it where the cluster has removed it.</summary>
    public void EndWhenRemoved() => _cluster.RegisterOnMemberRemoved(() => _system.Terminate());

    private static Exception Innermost(Exception problem)
    {
        while (problem.InnerException is { } inner)
        {
            problem = inner;
        }

        return problem;
    }
}
