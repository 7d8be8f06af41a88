using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Worker.Protocol;

namespace Backprop.Tests.EndToEnd;

/// <summary>
/// An actor system that is no node, at the port where nodes talk to each other. Without the cluster's id, which Meet alone tells, it is not
/// heard. With it Akka takes it for a member: what it says that no node says is left alone, but it could have nodes leave, or have them run
/// other numbers of workers (docs/cluster.md). The training goes on to the same weights.
/// </summary>
[Collection(AttackedCluster.Name)]
public sealed class StrangeAkkaTests(AttackedCluster cluster)
{
    private const string MailType = "Backprop.Worker.Protocol.NodeReport, backprop-worker";
    private const int HugeLength = 1_000_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string[] Places = ["node", "proxy", "coordinator", "coordinator/coordinator", "nobody"];

    [Fact]
    public async Task WhoDoesNotKnowTheClustersId_IsNotHeard()
    {
        using var system = Start("backprop-other");
        var stranger = Akka.Cluster.Cluster.Get(system);
        var node = Address.Parse(cluster.First.AkkaAddress);

        stranger.Join(node);
        stranger.JoinSeedNodes([node.WithSystem("backprop-other")]);
        Speak(system, node.WithSystem("backprop-other"));

        cluster.ShouldGoOn();
        stranger.State.Members.ShouldBeEmpty();
        await system.Terminate().WaitAsync(Patience, TimeProvider.System, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task WhoKnowsIt_MaySayWhatNoNodeSays_AndNobodyIsHarmed()
    {
        var node = Address.Parse(cluster.First.AkkaAddress);
        using var system = Start(node.System);
        var stranger = Akka.Cluster.Cluster.Get(system);

        await stranger.JoinAsync(node).WaitAsync(Patience, TimeProvider.System, TestContext.Current.CancellationToken);
        Speak(system, node);
        cluster.ShouldGoOn();

        // Once more, with what no frame holds: the connection is closed, and the stranger is gone for the others.
        system.ActorSelection($"{node}/user/node").Tell(new string('x', HugeLength));
        cluster.ShouldGoOn();
        await system.Terminate().WaitAsync(Patience, TimeProvider.System, TestContext.Current.CancellationToken);
        cluster.ShouldGoOn();
    }

    /// <summary>All sorts of mail, to all who could be there.</summary>
    private static void Speak(ActorSystem system, Address node)
    {
        object[] mail =
        [
            "hello", 7, new Uri("http://127.0.0.1"), new object[] { 1, "two" },

            // Known messages with nothing in them, or with what makes no sense.
            new NodeReport(), new NodeReport { Node = new NodeInfo { Id = "x", Name = "a", Cores = -1, Address = "nowhere" } },

            // Messages that only gRPC may bring, after the token: by Akka's own serializer of Protobuf messages.
            new Order { Stop = "" }, new Order { Scale = 0 }, new Submission { Id = "x", Name = "x", RunFile = "x" },
            new RunWorkers(), new LeaveCluster(), new LogRequest(),
        ];
        foreach (var place in Places)
        {
            foreach (var message in mail)
            {
                system.ActorSelection($"{node}/user/{place}").Tell(message);
            }
        }
    }

    private static ActorSystem Start(string name) => ActorSystem.Create(name, ConfigurationFactory.ParseString($$"""
        akka {
          loggers = []
          stdout-loglevel = OFF
          loglevel = ERROR
          actor {
            provider = cluster
            serializers.mail = "{{typeof(MailSerializer).FullName}}, backprop"
            serialization-bindings { "{{MailType}}" = mail }
          }
          cluster { roles = [ "worker" ], downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster" }
          remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0, maximum-frame-size = 4000000b }
        }
        """));
}
