using System.Net.Sockets;
using Backprop.Coordinator.Diagnostics.Http;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Backprop.Coordinator.Diagnostics;

/// <summary>
/// The one HTTP port of a coordinator: <c>/status</c>, <c>/metrics</c>, <c>/livez</c>, <c>/readyz</c>. It only reads, and only a
/// <see cref="IStatusSource"/>.
/// </summary>
/// <remarks>
/// The server is used without a host around it: so no configuration file, environment variable or signal can change what it listens on
/// or when it stops, and it starts in a few milliseconds.
/// </remarks>
internal sealed class ClusterHttp : IDisposable
{
    private const int ConnectionsMaximum = 64;
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(1);
    private readonly KestrelServer _server;

    private ClusterHttp(KestrelServer server)
    {
        _server = server;
        var bound = new Uri(server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());
        Address = $"{bound.Host}:{bound.Port}";
    }

    /// <summary>Where it listens, <c>host:port</c>; where port 0 was asked for, the one that was free.</summary>
    public string Address { get; }

    /// <summary>Listens.</summary>
    /// <param name="time">The clock by which a page may be a moment old.</param>
    /// <param name="log">Told of what goes wrong inside; null: nobody is.</param>
    /// <exception cref="UserException">It cannot: the port is in use, or the address is not this machine's (usage).</exception>
    public static ClusterHttp Start(HostPort address, IStatusSource source, TimeProvider time, ILoggerFactory? log = null)
    {
        log ??= NullLoggerFactory.Instance;
        var options = new KestrelServerOptions { AddServerHeader = false };
        Limit(options.Limits);
        options.Listen(address.Resolve(ExitCode.Usage)[0], listen => listen.Protocols = HttpProtocols.Http1);
        var server = new KestrelServer(
            Options.Create(options), new SocketTransportFactory(Options.Create(new SocketTransportOptions { Backlog = 64 }), log), log);
        try
        {
            server.StartAsync(new StatusApplication(new StatusPages(source, new AllowedHosts(address.Host), time)), CancellationToken.None)
                .GetAwaiter().GetResult();
            return new ClusterHttp(server);
        }
        catch (Exception problem) when (problem is IOException or SocketException)
        {
            server.Dispose();
            var reason = problem is IOException { InnerException: AddressInUseException } ? "the port is in use" : Shown.Reason(problem);
            throw new UserException(
                ExitCode.Usage,
                $"The status page cannot be at {address}: {reason}; give another address as --http HOST:PORT, or --http none.",
                problem);
        }
    }

    /// <summary>Ends it; answers that are under way get a second.</summary>
    public void Dispose()
    {
        using var limit = new CancellationTokenSource(StopLimit);
        _server.StopAsync(limit.Token).GetAwaiter().GetResult();
        _server.Dispose();
    }

    private static void Limit(KestrelServerLimits limits)
    {
        limits.MaxConcurrentConnections = ConnectionsMaximum;
        limits.MaxRequestBodySize = 0;
        limits.MaxRequestLineSize = 2048;
        limits.MaxRequestHeadersTotalSize = 8192;
        limits.MaxRequestHeaderCount = 40;
        limits.MaxRequestBufferSize = 16384;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(20);
    }
}
