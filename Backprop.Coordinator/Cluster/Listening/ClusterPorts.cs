using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Backprop.Coordinator.Cluster.Sessions;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster.Listening;

/// <summary>
/// Where workers come to: the port where they ask over gRPC and the port of the links; or, for processes that a run starts itself, one name
/// inside this machine, and no gRPC. They may outlive a run.
/// </summary>
internal sealed class ClusterPorts : IDisposable
{
    /// <summary>The port of the links is so far from that of gRPC; the one between is the actor system's.</summary>
    private const int LinkOffset = 2;

    private const int Backlog = 512;
    private const int FreePortsTries = 50;

    // Below the ports that Linux (32768), Windows and macOS (49152) give to connections.
    private const int FirstAnyPort = 20000;
    private const int EndAnyPort = 32768;
    private const int AnyPortStep = 4;

    private readonly IDisposable? _server;

    /// <param name="links">Listening; belongs to this from now on.</param>
    /// <param name="address">Where workers ask.</param>
    /// <param name="runs">Told which run is the current one; null: workers ask on their links.</param>
    /// <param name="server">Disposed with this.</param>
    public ClusterPorts(Socket links, LinkAddress address, IRunDoor? runs, IDisposable? server) =>
        (Links, Address, Runs, _server) = (links, address, runs, server);

    /// <summary>Where links are opened. Whoever accepts there never does it asynchronously.</summary>
    public Socket Links { get; }

    /// <summary>Where workers ask: the port is the real one.</summary>
    public LinkAddress Address { get; }

    /// <summary>Into which run gRPC lets workers; null: they ask on their links.</summary>
    public IRunDoor? Runs { get; }

    /// <summary>The port of the links; 0 where they have a name.</summary>
    public int LinkPort => (Links.LocalEndPoint as IPEndPoint)?.Port ?? 0;

    /// <summary>Opens them.</summary>
    /// <param name="refused">Told who was refused, why, and whether it is a stranger.</param>
    /// <exception cref="UserException">One cannot be opened, or must not be (exit code 2).</exception>
    public static ClusterPorts Open(ClusterOptions options, Action<string, string, bool> refused, TimeProvider time)
    {
        if (options.Listen.LocalName is not null)
        {
            var links = Listen(options.Listen.Resolve(ExitCode.Usage)[0]);
            return new ClusterPorts(links, LinkAddress.Of(links), runs: null, server: null);
        }

        RequireSafety(options);
        return OfRun(options, refused, time);
    }

    /// <summary>Opens those of a node, where more than a run's workers call.</summary>
    /// <param name="calls">Who answers.</param>
    /// <param name="runs">Told which run is the current one.</param>
    /// <param name="refused">Told who was refused, why, and whether it is a stranger.</param>
    /// <exception cref="UserException">One cannot be opened, or must not be (exit code 2).</exception>
    public static ClusterPorts OfNode(
        ClusterOptions options, IClusterCalls calls, IRunDoor runs, Action<string, string, bool> refused, TimeProvider time)
    {
        RequireSafety(options);
        return OpenNetwork(options, calls, runs, refused, time);
    }

    /// <summary>Opens a port; 0 is any free one.</summary>
    /// <exception cref="UserException">It cannot be opened (exit code 2).</exception>
    public static Socket Listen(EndPoint address)
    {
        var socket = LinkAddress.NewSocket(address);
        try
        {
            // The runtime already lets a coordinator that is started again take the port although old connections linger. To ask for
            // ReuseAddress would let two coordinators share it, each with some of the workers.
            socket.Bind(address);
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException problem)
        {
            socket.Dispose();
            throw new UserException(
                ExitCode.Usage,
                $"{address} cannot be listened on: {Shown.Reason(problem)}; choose another with --listen HOST:PORT.",
                problem);
        }
    }

    /// <summary>The address of the links that belongs to one of gRPC.</summary>
    /// <exception cref="UserException">There is no such port (exit code 2).</exception>
    public static IPEndPoint LinksOf(IPEndPoint address)
    {
        var port = address.Port == 0 ? 0 : address.Port + LinkOffset;
        return port <= IPEndPoint.MaxPort ? new IPEndPoint(address.Address, port) : throw new UserException(
            ExitCode.Usage,
            $"Port {address.Port} leaves no room for that of the links, {LinkOffset} above it; choose another with --listen HOST:PORT.");
    }

    /// <summary>What must be known and said before other machines can reach a process.</summary>
    /// <exception cref="UserException">Something is missing (exit code 2).</exception>
    public static void RequireSafety(ClusterOptions options)
    {
        if (options.Listen.IsLoopback)
        {
            return;
        }

        var host = options.Listen.HostPort.Host;
        if (options.Token is null && options.Identity is null)
        {
            throw new UserException(
                ExitCode.Usage,
                $"{host} can be reached from other machines: give this process a certificate with --identity (backprop cluster init makes "
                + "one), workers a secret with --token-file, or listen on 127.0.0.1.");
        }

        if (!options.IsInsecure && options.Identity is null)
        {
            throw new UserException(
                ExitCode.Usage,
                $"{host} can be reached from other machines, and nothing on the way is encrypted, the token included: allow that with "
                + "--insecure in a network that you trust, give all certificates (backprop cluster init), or listen on 127.0.0.1 and let "
                + "workers come through an ssh tunnel.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _server?.Dispose();
        Links.Dispose();
    }

    // On its own, so that a run without it never loads the server's libraries.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ClusterPorts OfRun(ClusterOptions options, Action<string, string, bool> refused, TimeProvider time)
    {
        var runs = new CurrentRun();
        return OpenNetwork(options, runs, runs, refused, time);
    }

    private static ClusterPorts OpenNetwork(
        ClusterOptions options, IClusterCalls calls, IRunDoor runs, Action<string, string, bool> refused, TimeProvider time)
    {
        var (asked, links) = ListenTwice(options.Listen.HostPort.Resolve(ExitCode.Usage)[0]);
        try
        {
            var connections = ConnectionLimit.Of(ConnectionLimit.Descriptors(), options.WorkersMaximum + AcceptPolicy.PendingMaximum);
            var server = new ClusterServer(asked, calls, new CallerGate(options.Token, options.Identity, refused), connections, time);
            return new ClusterPorts(links, server.Address, runs, server);
        }
        catch
        {
            asked.Dispose();
            links.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Opens both ports. Where any free one will do, one is looked for that has the next two free: who is told one then knows all.
    /// </summary>
    private static (Socket Asked, Socket Links) ListenTwice(IPEndPoint address)
    {
        for (var left = address.Port == 0 ? FreePortsTries : 1; ; left--)
        {
            try
            {
                return ListenTwiceAt(address.Port == 0 ? new IPEndPoint(address.Address, AnyPort()) : address, address.Port == 0);
            }
            catch (UserException) when (left > 1)
            {
            }
        }
    }

    private static (Socket Asked, Socket Links) ListenTwiceAt(IPEndPoint address, bool isBetweenNeeded)
    {
        var asked = Listen(address);
        try
        {
            if (isBetweenNeeded)
            {
                Listen(new IPEndPoint(address.Address, address.Port + 1)).Dispose();
            }

            return (asked, Listen(LinksOf(address)));
        }
        catch
        {
            asked.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A port that may be free, with the next two. The system's own choice would be one that it also gives to connections: whoever is
    /// started again where it was known could find it taken by one.
    /// </summary>
    private static int AnyPort() =>
        FirstAnyPort + (AnyPortStep * RandomNumberGenerator.GetInt32((EndAnyPort - FirstAnyPort) / AnyPortStep));
}
