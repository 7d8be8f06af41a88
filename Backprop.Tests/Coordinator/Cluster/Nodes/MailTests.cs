using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Backprop.Worker.Protocol;
using Google.Protobuf;

namespace Backprop.Tests.Coordinator.Cluster.Nodes;

/// <summary>Nodes send each other a closed set of messages; nothing else is made of what comes in.</summary>
public sealed class MailTests : IDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create(
        "backprop-test", AkkaSettings.Of("127.0.0.1", "127.0.0.1", 0, ["worker"], hasTls: false));

    public void Dispose() => _system.Terminate().GetAwaiter().GetResult();

    [Fact]
    public void MailComesBackAsItWasSent()
    {
        object[] mail =
        [
            new NodeReport { Node = Present("a"), WorkersOwn = 3 },
            new RunWorkers { Term = 2, Count = 4, Drained = { "a/1" }, Node = "a", Coordinator = "127.0.0.1:7400" },
            new LeaveCluster { Refusal = new Refusal { ExitCode = 2, Reason = "no" } }, new LogRequest { Name = "a/1" },
            new LogLines { Lines = { "x" } },
        ];
        foreach (var message in mail)
        {
            var serializer = _system.Serialization.FindSerializerFor(message).ShouldBeOfType<MailSerializer>();
            serializer.FromBinary(serializer.ToBinary(message), serializer.Manifest(message)).ShouldBe(message);
        }
    }

    /// <summary>
    /// Akka drops one message for this exception. For most others it ends the connection; and an actor that met such mail would end itself.
    /// </summary>
    [Fact]
    public void MailThatNoNodeWouldSendIsDropped()
    {
        var mail = new MailSerializer((ExtendedActorSystem)_system);
        var poisoned = new RunWorkers { Term = long.MaxValue, Node = "a", Coordinator = "127.0.0.1:7400" };
        var elsewhere = new RunWorkers { Term = 1, Node = "a", Coordinator = "127.0.0.1:7400" };
        elsewhere.Nodes.Add(new NodeInfo { Id = "b", Address = "b" });
        var greedy = Present("a");
        greedy.Cores = int.MinValue;
        IMessage[] none =
        [
            new NodeReport(), new NodeReport { Node = greedy }, new NodeReport { Node = Present("a"), WorkersOwn = -1 }, new RunWorkers(),
            poisoned, elsewhere, new LeaveCluster(),
        ];
        foreach (var message in none)
        {
            Should.Throw<SerializationException>(() => mail.FromBinary(message.ToByteArray(), mail.Manifest(message)));
        }

        Should.Throw<SerializationException>(() => mail.FromBinary([0xFF], nameof(NodeReport)));
    }

    [Fact]
    public void AMemberWhoseAnswerCannotBeFollowedIsNone()
    {
        MeetReply Reply(string cluster, params string[] seeds) => new() { Cluster = cluster, Record = cluster, Seeds = { seeds } };

        MailCheck.IsReply(Reply("")).ShouldBeTrue("it is no member yet");
        MailCheck.IsReply(Reply("0af", "akka.tcp://backprop-0af@127.0.0.1:7401")).ShouldBeTrue();
        MailCheck.IsReply(Reply("0af")).ShouldBeFalse();
        MailCheck.IsReply(Reply("0af", "nowhere")).ShouldBeFalse();
        MailCheck.IsReply(Reply("a b", "akka.tcp://backprop-0af@127.0.0.1:7401")).ShouldBeFalse();
    }

    [Fact]
    public void AnythingElseDoesNotTravel()
    {
        Serializer none = _system.Serialization.FindSerializerFor(new Uri("http://x"));
        none.ShouldBeOfType<NoSerializer>();
        Should.Throw<NotSupportedException>(() => none.ToBinary("x"));
        Should.Throw<NotSupportedException>(() => none.FromBinary<object>([1]));
        var mail = new MailSerializer((ExtendedActorSystem)_system);
        Should.Throw<ArgumentException>(() => mail.FromBinary([], "System.Diagnostics.Process"));

        // Akka's own serializer of objects, by the number under which strangers may name it.
        const int NewtonSoft = 1;
        Should.Throw<Exception>(() => _system.Serialization.Deserialize("{}"u8.ToArray(), NewtonSoft, typeof(Uri).AssemblyQualifiedName!));
        Should.Throw<ArgumentException>(() => mail.ToBinary(new Heartbeat()));
    }

    [Fact]
    public void NoSerializerMakesWhatAMessageNames()
    {
        // Akka's own for Protobuf messages and for actors that another system wants here, by the numbers under which strangers name them.
        const int Proto = 2;
        const int DaemonCreate = 3;
        var order = new Order { Stop = "" };
        Should.Throw<Exception>(() => _system.Serialization.Deserialize(order.ToByteArray(), Proto, typeof(Order).AssemblyQualifiedName!));
        Should.Throw<Exception>(() => _system.Serialization.Deserialize([], DaemonCreate, ""));

        // A newer Akka may bring others: read what they make before they are added here.
        var names = _system.Settings.Config.GetConfig("akka.actor.serializers").AsEnumerable()
            .Where(pair => !pair.Value.GetString().Contains(nameof(NoSerializer), StringComparison.Ordinal)).Select(pair => pair.Key);
        names.Order().ShouldBe(["akka-cluster", "akka-containers", "akka-misc", "akka-system-msg", "bytes", "mail", "primitive"]);
    }

    [Fact]
    public void MailThatSaysWhatNoNodeSaysIsLeftAlone()
    {
        var node = Present("a");
        node.AkkaAddress = "akka.tcp://x@127.0.0.1:1";
        MailCheck.IsMail(new NodeReport { Node = node }).ShouldBeTrue();
        MailCheck.IsMail(new NodeReport()).ShouldBeFalse();
        MailCheck.IsMail(new NodeReport { Node = node, WorkersOwn = -1 }).ShouldBeFalse();
        MailCheck.IsMail(new NodeReport { Node = node, Deaths = { new WorkerDeath { RestartSeconds = double.NaN } } }).ShouldBeFalse();
        MailCheck.IsMail(new NodeReport { Node = node, Workers = { new WorkerView { Name = "" } } }).ShouldBeFalse();
        MailCheck.IsMail(new NodeReport { Node = new NodeInfo(node) { Address = "nowhere" } }).ShouldBeFalse();

        var order = new RunWorkers { Term = 1, Node = "a", Coordinator = "127.0.0.1:1", Nodes = { node } };
        MailCheck.IsMail(order).ShouldBeTrue();
        MailCheck.IsMail(new RunWorkers(order) { Term = 0 }).ShouldBeFalse();
        MailCheck.IsMail(new RunWorkers(order) { Coordinator = "" }).ShouldBeFalse();
        MailCheck.IsMail(new RunWorkers(order) { Nodes = { new NodeInfo { Id = "b", Address = "b" } } }).ShouldBeFalse();

        MailCheck.IsMail(new LeaveCluster()).ShouldBeFalse();
        MailCheck.IsMail(new LeaveCluster { Refusal = new Refusal { ExitCode = 2, Reason = "no" } }).ShouldBeTrue();
    }

    [Fact]
    public void OnlyNodesOfTheSameProtocolAndNumericsMayJoin()
    {
        var self = Present("a");
        Meeting.Judge(Present("b"), self).ShouldBeNull();

        var newer = Present("b");
        newer.Numerics++;
        Meeting.Judge(newer, self)!.ExitCode.ShouldBe((int)ExitCode.Mismatch);
        var older = Present("b");
        older.Protocol--;
        Meeting.Judge(older, self)!.ExitCode.ShouldBe((int)ExitCode.Mismatch);
        var strange = Present("b");
        strange.Name = "b\n";
        Meeting.Judge(strange, self)!.ExitCode.ShouldBe((int)ExitCode.Usage);
        var nowhere = Present("b");
        nowhere.Address = "b";
        Meeting.Judge(nowhere, self)!.ExitCode.ShouldBe((int)ExitCode.Usage);
    }

    [Fact]
    public void ASubmittedPathThatIsNoFullOne_IsNotBesideTheNodesFiles()
    {
        const string Text = """
            name: thief
            data: { train: { kind: csv, path: ../orders.jsonl } }
            model: [ linear: 2 ]
            loss: mse
            optimizer: { kind: sgd, rate: 0.1 }
            batch: 4
            steps: 1
            """;

        RunData.PathsOf(SubmissionCheck.Read(Text, "/home/node/queue/thief.yaml")).ShouldBe([Path.GetFullPath("/orders.jsonl")]);
        Should.Throw<UserException>(() => SubmissionCheck.Require(new Submission { Id = "i", Name = "thief", RunFile = Text }))
            .Message.ShouldContain("orders.jsonl, which does not come with it");
    }

    [Fact]
    public void TheSameRunFileAndDataAreTheSameSubmission()
    {
        DataFile[] files = [new() { Sha256 = Google.Protobuf.ByteString.CopyFrom(1, 2) }];
        var id = SubmissionCheck.IdOf("a", files);

        SubmissionCheck.IdOf("a", files).ShouldBe(id);
        SubmissionCheck.IdOf("b", files).ShouldNotBe(id);
        SubmissionCheck.IdOf("a", []).ShouldNotBe(id);
    }

    private static NodeInfo Present(string name) => Meeting.Present(
        new NodeOptions { Name = name, Listen = new HostPort("127.0.0.1", 0), Roles = [NodeOptions.Worker], Workers = 1 }, name,
        new HostPort("127.0.0.1", 1));
}
