using System.Globalization;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Cluster;
using Backprop.Coordinator.Cluster.Record;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>A node's membership in its cluster, from joining to its end: an actor system and the actors that every node has.</summary>
internal sealed class Membership
{
    /// <summary>The name of each node's <see cref="NodeActor"/>.</summary>
    public const string Voice = "node";

    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(10);

    /// <summary>Long enough for the others to hear of it. All have to agree before it is done, and one does not answer.</summary>
    private static readonly TimeSpan LeaveLimitWithUnreachable = TimeSpan.FromSeconds(2);
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
            var identity = node.Options.Identity;
            var setup = ActorSystemSetup.Create(
                BootstrapSetup.Create().WithConfig(
                    AkkaSettings.Of(bound, advertised, port, node.Options.Roles, hasTls: identity is not null)));
            var system = ActorSystem.Create(
                $"backprop-{node.Folder.Cluster}", identity is null ? setup : setup.And(AkkaTls.Of(identity, node.StrangerRefused)));
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
        _system.ActorOf(Props.Create(() => new NodeActor(node)), Voice);
    }

    /// <summary>Starts the actor that coordinates, at the node that leads the record.</summary>
    /// <param name="term">The term in which it does.</param>
    public IActorRef Coordinate(NodeContext node, RecordCopy record, long term) => _system.ActorOf(
        Props.Create(() => new CoordinatorActor(node, record, term)).WithDispatcher(AkkaSettings.RecordDispatcher),
        string.Create(CultureInfo.InvariantCulture, $"coordinator-{term}"));

    /// <summary>Ends it without a word: the cluster goes on without this node, and knows it under another number when it is back.</summary>
    public Task AbandonAsync() => _system.Terminate();

    /// <summary>
    /// Leaves in good order, if that can be; else the others see that this node cannot be reached, and who coordinates removes it. Who was
    /// never let in has nothing to leave.
    /// </summary>
    public async Task LeaveAsync(TimeProvider time)
    {
        if (!_up.Task.IsCompleted)
        {
            await _system.Terminate();
            return;
        }

        var left = CoordinatedShutdown.Get(_system).Run(CoordinatedShutdown.ClusterLeavingReason.Instance);
        await Task.WhenAny(left, Task.Delay(_cluster.State.Unreachable.IsEmpty ? LeaveLimit : LeaveLimitWithUnreachable, time));
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
