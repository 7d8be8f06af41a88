using System.Net.Sockets;
using Backprop.Shared.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Backprop.Coordinator.Cluster.Sessions;

/// <summary>The gRPC server of a process: HTTP/2 on one port, with TLS where the process has an identity, over one run or many.</summary>
/// <remarks>
/// The builder is an empty one: no configuration file, environment variable or signal changes what it listens on or when it stops, and
/// nothing is written to the console.
/// </remarks>
internal sealed class ClusterServer : IDisposable
{
    /// <summary>The longest message that is taken.</summary>
    public const int MessageBytes = 4 << 20;

    private const int StreamsOfAConnection = 100;
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(1);
    private readonly WebApplication _application;

    /// <summary>Answers.</summary>
    /// <param name="listener">Bound and listening; the server's from now on.</param>
    /// <param name="calls">Who answers.</param>
    /// <param name="gate">What callers have to show.</param>
    /// <param name="connections">So many at most at once; others wait.</param>
    public ClusterServer(Socket listener, IClusterCalls calls, CallerGate gate, int connections, TimeProvider time)
    {
        Address = LinkAddress.Of(listener);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            Limit(kestrel);
            kestrel.Listen(listener.LocalEndPoint!, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                if (gate.Identity is { } identity)
                {
                    TlsDoor.Guard(listen, identity, gate);
                }
            });
        });
        builder.Services.AddSingleton<IConnectionListenerFactory>(services => new LimitedTransport(
            new SocketTransportFactory(
                Options.Create(new SocketTransportOptions { CreateBoundListenSocket = _ => listener }),
                services.GetRequiredService<ILoggerFactory>()),
            connections));
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton(gate);
        builder.Services.AddSingleton(new ClusterService(calls, time));
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = MessageBytes;
            grpc.Interceptors.Add<GateInterceptor>();
        });
        builder.Services.AddGrpcHealthChecks().AddCheck("listening", () => HealthCheckResult.Healthy());
        builder.Services.AddGrpcReflection();
        _application = builder.Build();
        _application.MapGrpcService<ClusterService>();
        _application.MapGrpcHealthChecksService();
        _application.MapGrpcReflectionService();
        _application.StartAsync().GetAwaiter().GetResult();
    }

    /// <summary>Where it listens: the port is the real one.</summary>
    public LinkAddress Address { get; }

    /// <summary>Ends it; answers that are under way get a second.</summary>
    public void Dispose()
    {
        using var limit = new CancellationTokenSource(StopLimit);
        _application.StopAsync(limit.Token).GetAwaiter().GetResult();
        _application.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private static void Limit(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(10);
        limits.Http2.MaxStreamsPerConnection = StreamsOfAConnection;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(10);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
    }

    /// <summary>Signals are others' work.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
