using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Backprop.Coordinator.Cluster.Listening;
using Backprop.Coordinator.Cluster.Sessions;
using Backprop.Shared.Protocol;
using Backprop.Tests.EndToEnd;
using Backprop.Worker.Protocol;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;

namespace Backprop.Tests.Coordinator.Cluster.Sessions;

/// <summary>The gRPC server by itself, with calls that a test answers.</summary>
public sealed class ClusterServerTests : IDisposable
{
    private readonly ConcurrentQueue<string> _refused = [];
    private readonly Answers _answers = new();
    private readonly List<ClusterServer> _servers = [];

    public void Dispose() => _servers.ForEach(s => s.Dispose());

    [Fact]
    public void WhatIsAskedIsAnswered_AndWhatNobodyAnswersIsUnimplemented()
    {
        var caller = new RawCaller(Start().HostPort, null);

        caller.Call((client, options) => client.Join(new JoinRequest { Name = "left" }, options)).Run.ShouldBe("left");

        Status(caller, (client, options) => client.Control(new Order(), options)).ShouldBe(StatusCode.Unimplemented);
        Status(caller, (client, options) => client.Meet(new NodeInfo(), options)).ShouldBe(StatusCode.Unimplemented);
        _answers.Caller!.Address.ShouldBe(IPAddress.Loopback);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("another secret, 0123456789")]
    [InlineData("the secret, 0123456789abc")]
    [InlineData("the secret, 0123456789abcdef0")]
    public void WithoutTheToken_NothingIsAnswered(string? token)
    {
        var address = Start(new JoinToken("the secret, 0123456789abcdef"u8)).HostPort;
        var stranger = new RawCaller(address, token is null ? null : new JoinToken(System.Text.Encoding.ASCII.GetBytes(token)));

        Status(stranger, (client, options) => client.Join(new JoinRequest(), options)).ShouldBe(StatusCode.Unauthenticated);
        Status(stranger, (client, options) => client.Submit(options).ResponseStream.MoveNext(default).GetAwaiter().GetResult())
            .ShouldBe(StatusCode.Unauthenticated);

        _answers.Caller.ShouldBeNull();
        var sentence = token is null ? "the worker has none" : "is not the coordinator's";
        _refused.Count(reason => reason.Contains(sentence, StringComparison.Ordinal)).ShouldBe(2);
    }

    [Fact]
    public void HealthNeedsTheTokenToo()
    {
        var token = new JoinToken("the secret, 0123456789abcdef"u8);
        using var channel = GrpcChannel.ForAddress($"http://{Start(token)}");
        var health = new Health.HealthClient(channel);

        Should.Throw<RpcException>(() => health.Check(new HealthCheckRequest())).StatusCode.ShouldBe(StatusCode.Unauthenticated);
        health.Check(new HealthCheckRequest(), new Metadata { { "authorization", token.Bearer } })
            .Status.ShouldBe(HealthCheckResponse.Types.ServingStatus.Serving);
    }

    [Fact]
    public void AMessageThatIsTooLong_IsRefused()
    {
        var caller = new RawCaller(Start().HostPort, null);
        var request = new JoinRequest { Instance = ByteString.CopyFrom(new byte[ClusterServer.MessageBytes]) };

        Status(caller, (client, options) => client.Join(request, options)).ShouldBe(StatusCode.ResourceExhausted);
    }

    [Fact]
    public void WithoutARun_AWorkerIsToldSo()
    {
        var caller = new RawCaller(Start(calls: new CurrentRun()).HostPort, null);

        Status(caller, (client, options) => client.Join(new JoinRequest(), options)).ShouldBe(StatusCode.Unavailable);
        Status(caller, (client, options) => client.Fetch(new FetchRequest(), options)).ShouldBe(StatusCode.Unavailable);
    }

    [Fact]
    public void MoreConnectionsThanAreAllowed_Wait_AndThoseThatAreThereGoOn()
    {
        var address = Start(connections: 4);
        using var channel = GrpcChannel.ForAddress($"http://{address}");
        var client = new Backprop.Worker.Protocol.Cluster.ClusterClient(channel);
        client.Join(new JoinRequest { Name = "first" }).Run.ShouldBe("first");
        var strangers = new List<Socket>();
        try
        {
            for (var i = 0; i < 20; i++)
            {
                var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 20_000 };
                strangers.Add(stranger);
                stranger.Connect(IPAddress.Loopback, address.HostPort.Port);
            }

            // Three are there and say nothing; the others wait for their places.
            client.Join(new JoinRequest { Name = "again" }).Run.ShouldBe("again");
            strangers.ForEach(s => s.Dispose());
            new RawCaller(address.HostPort, null).Call((c, options) => c.Join(new JoinRequest { Name = "new" }, options))
                .Run.ShouldBe("new");
        }
        finally
        {
            strangers.ForEach(s => s.Dispose());
        }
    }

    private LinkAddress Start(JoinToken? token = null, IClusterCalls? calls = null, int connections = 100)
    {
        var listener = ClusterPorts.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        var gate = new CallerGate(token, identity: null, (_, reason, _) => _refused.Enqueue(reason));
        _servers.Add(new ClusterServer(listener, calls ?? _answers, gate, connections, TimeProvider.System));
        return _servers[^1].Address;
    }

    private static StatusCode Status<T>(
        RawCaller caller, Func<Backprop.Worker.Protocol.Cluster.ClusterClient, CallOptions, T> call) =>
        Should.Throw<RpcException>(() => caller.Call(call)).StatusCode;

    private sealed class Answers : IClusterCalls
    {
        public IPEndPoint? Caller { get; private set; }

        public Task<JoinReply> Join(JoinRequest request, IPEndPoint caller, CancellationToken ended)
        {
            Caller = caller;
            return Task.FromResult(new JoinReply { Run = request.Name });
        }

        public Task<FetchReply> Fetch(FetchRequest request, CancellationToken ended) => Task.FromResult(new FetchReply());
    }
}
