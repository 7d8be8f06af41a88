using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Shared.Identity;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Backprop.Tests.Shared.Identity;
using Backprop.Worker.Protocol;
using Google.Protobuf;

namespace Backprop.Tests.EndToEnd;

/// <summary>A cluster whose members have certificates: gRPC and the actors' port are TLS, and let nobody else in.</summary>
public sealed class IdentityTests : IDisposable
{
    private readonly TestCluster _cluster = new();

    public void Dispose() => _cluster.Dispose();

    /// <summary>Also: the commands that make an authority and certificates, as a person types them.</summary>
    [Fact]
    public void NodesWithCertificates_TrainToTheSameWeights()
    {
        using var scene = new NodeScene { Secret = ["--identity", "made/me"] };
        Make("init", "made", "--name", "a").ShouldContain("backprop node --name a --identity made/node");
        Make("issue", "b", "--dir", "made", "--role", "node").ShouldContain("--roles worker --identity made/b");
        Make("issue", "me", "--dir", "made", "--role", "operator");
        Make("issue", "w", "--dir", "made", "--role", "worker");
        Make("show", "--dir", "made").Split('\n').Count(line => line.Contains("operator", StringComparison.Ordinal)).ShouldBe(1);

        var first = scene.Start("a", "--workers", "1", "--identity", "made/node");
        scene.Start("b", ["--workers", "1", "--roles", "worker", "--identity", "made/b", .. first.AsSeed]);
        scene.Ask(first, "submit", "endless.yaml").ShouldSucceed();
        scene.StartWorker(first.Address, "--identity", "made/w");
        for (var i = 0; i < 3; i++)
        {
            first.Command.WaitForLine("joined w");
        }

        first.Command.WaitForLine("durable");
        scene.StopAndCompare(first);

        string Make(params string[] words) =>
            TestUtilities.BackpropCommand.Run(scene.Path, ["cluster", .. words]).ShouldSucceed().Output;
    }

    [Fact]
    public async Task AtTheActorsPort_NobodyButANodeComesIn()
    {
        using var scene = new NodeScene();
        _cluster.Write("a", Role.Coordinator);
        var node = scene.Start("a", "--workers", "0", "--identity", _cluster["a"]);
        using var foreign = new TestCluster();

        (await IsLetIn(node.AkkaPort, _cluster.Issue("n", Role.Node))).ShouldBeTrue();
        (await IsLetIn(node.AkkaPort, _cluster.Issue("w", Role.Worker))).ShouldBeFalse();
        node.Command.WaitForLine("for the role worker, which may not do this");
        (await IsLetIn(node.AkkaPort, foreign.Issue("n", Role.Node))).ShouldBeFalse();
        node.Command.WaitForLine("another authority has signed");
        (await IsLetIn(node.AkkaPort, null)).ShouldBeFalse();
        (await IsLetIn(node.AkkaPort, null, hasTls: false)).ShouldBeFalse();
        scene.Ask(node, "nodes", "--identity", _cluster["a"]).ShouldSucceed();
    }

    /// <summary>Who reads the line has the knock, and it opens nothing; who knocks must be a worker, and have the ticket.</summary>
    [Fact]
    public async Task AtTheLinksPort_NobodyButAWorkerWithItsTicketComesIn()
    {
        using var scene = new NodeScene { Secret = ["--identity", _cluster["a"]] };
        _cluster.Write("a", Role.Coordinator);
        var worker = _cluster.Issue("w", Role.Worker);
        var node = scene.Start("a", ["--workers", "1", .. scene.Secret]);
        scene.Ask(node, "submit", "endless.yaml").ShouldSucceed();
        node.Command.WaitForLine("joined w1");

        var reply = await Join();
        (await Opens(reply, new Open { Ticket = reply.Ticket, Term = reply.Term }, worker)).ShouldBeFalse("it did not knock");
        node.Command.WaitForLine("refused a stranger", "its ticket is none");
        (await Opens(reply, Knocking(reply), worker, spoil: true)).ShouldBeFalse("another ticket");
        node.Command.WaitForLine("its ticket is not the one that it knocked with");
        (await Opens(reply, Knocking(reply), worker)).ShouldBeFalse("it has knocked before");

        reply = await Join();
        (await Opens(reply, Knocking(reply), _cluster.Issue("o", Role.Operator))).ShouldBeFalse("an operator does not compute");
        node.Command.WaitForLine("for the role operator, which may not do this");

        reply = await Join();
        (await Opens(reply, Knocking(reply), worker)).ShouldBeTrue();
        node.Command.WaitForLine("durable");
        scene.StopAndCompare(node);

        async Task<JoinReply> Join()
        {
            using var caller = new ClusterCaller(HostPort.Parse(node.Address, "node"), token: null, worker, TimeProvider.System);
            var request = new JoinRequest
            {
                Protocol = FrameFormat.ProtocolVersion,
                Numerics = NumericsVersion.Current,
                Version = ProgramVersion.Text,
                Name = "by hand",
                Instance = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(16)),
                Incarnation = 1,
                Slots = 1,
            };
            var answer = await caller.AskAsync((client, options) => client.JoinAsync(request, options));
            answer.Refusal.ShouldBeNull();
            return answer;
        }
    }

    private static Open Knocking(JoinReply reply) =>
        new() { Knock = ByteString.CopyFrom(Knock.Of(reply.Ticket.Span)), Term = reply.Term };

    /// <summary>Whether what a worker is told comes on a link that is opened so.</summary>
    private static async Task<bool> Opens(JoinReply reply, Open open, IdentityFolder identity, bool spoil = false)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, reply.LinkPort);
        using var link = new FrameLink(socket, new FrameScanner(FrameLimits.Securing), TimeProvider.System);
        return await Task.Run(() =>
        {
            try
            {
                link.Send(FrameKind.Open, open);
                link.Receive();
                link.Secure(stream => stream.AuthenticateAsClient(Tls.ForClient(identity)));
                link.Scanner.Limits = FrameLimits.Coordinator;
                var ticket = spoil ? ByteString.CopyFrom(new byte[32]) : reply.Ticket;
                link.Send(FrameKind.Open, new Open { Ticket = ticket, Term = reply.Term });
                link.Receive();
                return true;
            }
            catch (LinkClosedException)
            {
                return false;
            }
        });
    }

    [Fact]
    public void ANodeIsCalledAndDoesWhatItsCertificateSays()
    {
        using var scene = new NodeScene();
        _cluster.Write("n", Role.Node);
        scene.Begin("n", "127.0.0.1:0", "--identity", _cluster["n"]).Finish().ShouldFail(6, "for the role node", "needs coordinator");
        scene.Begin("other", "127.0.0.1:0", "--roles", "worker", "--seed", "127.0.0.1:1", "--identity", _cluster["n"])
            .Finish().ShouldFail(2, "is n's, not other's");
    }

    /// <summary>Whether somebody can say what he likes there: the end of the connection says no.</summary>
    private static async Task<bool> IsLetIn(int port, IdentityFolder? identity, bool hasTls = true)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, port);
        Stream stream = socket.GetStream();
        try
        {
            if (hasTls)
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsClientAsync(OptionsOf(identity));
                stream = tls;
            }
            else
            {
                await stream.WriteAsync(new byte[16]);
            }

            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(identity is null ? 20 : 3));
            return await stream.ReadAsync(new byte[1], limit.Token) > 0;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
        catch (Exception problem) when (problem is AuthenticationException or IOException)
        {
            return false;
        }
    }

    private static SslClientAuthenticationOptions OptionsOf(IdentityFolder? identity)
    {
        if (identity is not null)
        {
            var own = Tls.ForClient(identity);
            own.EnabledSslProtocols = SslProtocols.Tls12; // what Akka's transport speaks
#pragma warning disable CA5359 // A stranger believes what he likes.
            own.RemoteCertificateValidationCallback = (_, _, _, _) => true;
            return own;
        }

        return new SslClientAuthenticationOptions { TargetHost = "x", RemoteCertificateValidationCallback = (_, _, _, _) => true };
#pragma warning restore CA5359
    }
}
