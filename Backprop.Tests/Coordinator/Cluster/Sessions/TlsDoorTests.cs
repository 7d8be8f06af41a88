using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Backprop.Coordinator.Cluster.Listening;
using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Coordinator.Cluster.Sessions;
using Backprop.Shared.Identity;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Tests.Shared.Identity;
using Backprop.Worker.Protocol;

namespace Backprop.Tests.Coordinator.Cluster.Sessions;

/// <summary>The gRPC port of a process that has an identity, asked as nodes and people ask it.</summary>
public sealed class TlsDoorTests : IDisposable
{
    private readonly BlockingCollection<string> _refused = [];
    private readonly TestCluster _cluster = new();
    private readonly ClusterServer _server;

    public TlsDoorTests()
    {
        var listener = ClusterPorts.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        var gate = new CallerGate(token: null, _cluster.Issue("server", Role.Coordinator), (_, why, _) => _refused.Add(why));
        _server = new ClusterServer(listener, new Answers(), gate, connections: 100, TimeProvider.System);
    }

    public void Dispose()
    {
        _server.Dispose();
        _cluster.Dispose();
    }

    [Fact]
    public async Task WhoBelongsToTheCluster_IsAnsweredWhatItsRoleMayAsk()
    {
        (await JoinAs(_cluster.Issue("w", Role.Worker))).Run.ShouldBe("me");
        (await JoinAs(_cluster.Issue("n", Role.Node))).Run.ShouldBe("me");

        var refused = await Should.ThrowAsync<UserException>(() => JoinAs(_cluster.Issue("o", Role.Operator)));

        refused.ExitCode.ShouldBe(ExitCode.Authentication);
        refused.Message.ShouldContain("for the role operator, which may not call Join");
        Refusal().ShouldContain("for the role operator");
    }

    [Fact]
    public async Task AnotherClustersCertificate_IsRefusedAndNamed()
    {
        using var foreign = new TestCluster();

        await Should.ThrowAsync<UserException>(() => JoinAs(Believing(foreign.Issue("a", Role.Coordinator))));

        Refusal().ShouldContain("another authority has signed");
    }

    [Fact]
    public async Task ACallerThatDoesNotBelieveTheServer_SaysWhy()
    {
        using var foreign = new TestCluster();

        (await Should.ThrowAsync<UserException>(() => JoinAs(foreign.Issue("a", Role.Coordinator))))
            .Message.ShouldContain("another authority has signed");

        Refusal().ShouldContain("another authority has signed");
    }

    [Fact]
    public async Task ATooOldCertificate_IsRefusedAndNamed()
    {
        var early = new EarlyClock();
        var old = new IdentityFolder(WriteOld(), early);

        await Should.ThrowAsync<UserException>(() => JoinAs(old));

        Refusal().ShouldContain("was good until");

        string WriteOld()
        {
            _cluster.Authority.Issue(new("old", Role.Node), _cluster["old"], TimeSpan.FromDays(1), early.GetUtcNow()).Dispose();
            return _cluster["old"];
        }
    }

    [Fact]
    public async Task WithoutACertificate_OrWithAnOlderTls_OrInTheClear_NobodyComesIn()
    {
        var own = _cluster.Issue("a", Role.Coordinator);
        var nobody = Tls.ForClient(own);
        nobody.LocalCertificateSelectionCallback = null;
        await Shakes(nobody);
        Refusal().ShouldContain("shows no certificate");

        var older = Tls.ForClient(own);
        older.EnabledSslProtocols = SslProtocols.Tls12;
        await Shakes(older);
        Refusal().ShouldContain("spoke no TLS 1.3");

        await Should.ThrowAsync<UserException>(() => JoinAs(null));
        Refusal().ShouldBe("did not speak TLS");
    }

    /// <summary>A node that asks several, and has its answer, goes so.</summary>
    [Fact]
    public async Task WhoGoesWithoutAWord_IsNobody()
    {
        using (var silent = new TcpClient())
        {
            await silent.ConnectAsync(IPAddress.Loopback, _server.Address.HostPort.Port);
        }

        await Should.ThrowAsync<UserException>(() => JoinAs(null));

        Refusal().ShouldBe("did not speak TLS", "it is the first that is named");
    }

    [Fact]
    public async Task AWorkersCertificate_DoesNotServe()
    {
        using var listener = ClusterPorts.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        var worker = _cluster.Issue("w", Role.Worker);
        var serving = Task.Run(async () =>
        {
            using var socket = await listener.AcceptAsync();
            await using var stream = new SslStream(new NetworkStream(socket));
            await stream.AuthenticateAsServerAsync(Tls.ForServer(worker, Tls.Anybody, _ => { }));
        });

        var own = _cluster.Issue("a", Role.Coordinator);
        (await Should.ThrowAsync<UserException>(() => JoinAs(own, LinkAddress.Of(listener).HostPort))).Message.ShouldContain("role worker");
        await serving;
    }

    private string Refusal()
    {
        _refused.TryTake(out var why, TimeSpan.FromSeconds(20)).ShouldBeTrue();
        return why!;
    }

    private Task<JoinReply> JoinAs(IdentityFolder? identity) => JoinAs(identity, _server.Address.HostPort);

    private static async Task<JoinReply> JoinAs(IdentityFolder? identity, HostPort server)
    {
        using var caller = new ClusterCaller(server, token: null, identity, TimeProvider.System);
        return await caller.AskAsync((client, options) => client.JoinAsync(new JoinRequest { Name = "me" }, options));
    }

    /// <summary>A foreign identity that believes this cluster's authority.</summary>
    private IdentityFolder Believing(IdentityFolder foreign)
    {
        // Its own authority stays in the file, or it would not believe itself.
        var path = Path.Combine(foreign.Path, "ca.crt");
        File.AppendAllText(path, File.ReadAllText(Path.Combine(_cluster["ca"], "ca.crt")));
        return new IdentityFolder(foreign.Path, TimeProvider.System);
    }

    /// <summary>Whether a handshake comes to its end is no matter: a client of TLS 1.3 is told of a refusal only when it reads.</summary>
    private async Task Shakes(SslClientAuthenticationOptions options)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, _server.Address.HostPort.Port);
        await using var stream = new SslStream(socket.GetStream());
        try
        {
            await stream.AuthenticateAsClientAsync(options);
            (await stream.ReadAsync(new byte[1])).ShouldBe(0);
        }
        catch (Exception problem) when (problem is AuthenticationException or IOException)
        {
            // Refused.
        }
    }

    private sealed class EarlyClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() - TimeSpan.FromDays(10);
    }

    private sealed class Answers : IClusterCalls
    {
        public Task<JoinReply> Join(JoinRequest request, IPEndPoint caller, CancellationToken ended) =>
            Task.FromResult(new JoinReply { Run = request.Name });

        public Task<FetchReply> Fetch(FetchRequest request, CancellationToken ended) => Task.FromResult(new FetchReply());
    }
}
