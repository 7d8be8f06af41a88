using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster.Listening;

/// <summary>A connection that has not been admitted.</summary>
internal sealed class PendingConnection
{
    /// <param name="socket">The pending's from now on.</param>
    /// <param name="token">What it has to know; null: nothing.</param>
    public PendingConnection(Socket socket, JoinToken? token, TimeProvider time)
    {
        Socket = socket;
        Since = time.GetTimestamp();
        Address = socket.RemoteEndPoint is IPEndPoint remote ? remote.ToString() : "this machine";
        Challenge = Handshake.Challenge(RandomNumberGenerator.GetBytes(Handshake.NonceBytes), token);
        Link = new FrameLink(socket, new FrameScanner(FrameLimits.Stranger), time);
    }

    public Socket Socket { get; }

    public FrameLink Link { get; }

    public string Address { get; }

    /// <summary>When it came, as a timestamp.</summary>
    public long Since { get; }

    /// <summary>What it was asked.</summary>
    public Challenge Challenge { get; }
}
