using System.Net.Sockets;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster.Listening;

/// <summary>The port that workers connect to.</summary>
internal static class WorkerPort
{
    /// <summary>Opens it.</summary>
    /// <exception cref="UserException">It cannot be opened, or must not be without a token (exit code 2).</exception>
    public static Socket Open(ClusterOptions options)
    {
        if (options.Token is null && !options.Listen.IsLoopback)
        {
            throw new UserException(
                ExitCode.Usage,
                $"{options.Listen.HostPort.Host} can be reached from other machines: "
                + "give workers a secret with --token-file, or listen on 127.0.0.1.");
        }

        var address = options.Listen.Resolve(ExitCode.Usage)[0];
        var socket = LinkAddress.NewSocket(address);
        try
        {
            // The runtime already lets a coordinator that is started again take the port although old connections linger. To ask for
            // ReuseAddress would let two coordinators share it, each with some of the workers.
            socket.Bind(address);
            socket.Listen(512);
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
}
