using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Backprop.Tests.EndToEnd;

/// <summary>
/// Ports for nodes, three in a row, each given once: a test kills a node and starts it where it was, and meanwhile no other test's node
/// may come there. They are below those that nodes and systems choose themselves.
/// </summary>
internal static class NodePorts
{
    private const int First = 10_000;
    private const int Sets = 2500;
    private const int Step = 4;

    private static int _given = RandomNumberGenerator.GetInt32(Sets);

    /// <summary>The first of three that nobody listens on.</summary>
    public static int Next()
    {
        int port;
        do
        {
            port = First + (Interlocked.Increment(ref _given) % Sets * Step);
        }
        while (!(IsFree(port) && IsFree(port + 1) && IsFree(port + 2)));

        return port;
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
