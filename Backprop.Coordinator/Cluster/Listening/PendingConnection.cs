using System.Net;
using System.Net.Sockets;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster.Listening;

/// <summary>A connection whose first frame has not come yet.</summary>
internal sealed class PendingConnection
{
    /// <param name="socket">The pending's from now on.</param>
    public PendingConnection(Socket socket, TimeProvider time)
    {
        Socket = socket;
        Since = time.GetTimestamp();
        Caller = socket.RemoteEndPoint as IPEndPoint;
        var isLocal = socket.AddressFamily == AddressFamily.Unix;
        Link = new FrameLink(socket, new FrameScanner(isLocal ? FrameLimits.Joining : FrameLimits.Opening), time);
    }

    public Socket Socket { get; }

    public FrameLink Link { get; }

    /// <summary>Where it comes from; null: from this machine.</summary>
    public IPEndPoint? Caller { get; }

    /// <summary>The same for people.</summary>
    public string Address => Caller?.ToString() ?? "this machine";

    /// <summary>When it came, as a timestamp.</summary>
    public long Since { get; }
}
