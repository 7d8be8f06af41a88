using System.Net.Sockets;
using System.Security.Cryptography;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster;

/// <summary>Taking connections, as long as the system has something to make them of.</summary>
internal sealed partial class Reception
{
    private readonly AcceptPolicy _door = new(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));

    private void Accept()
    {
        Socket socket;
        try
        {
            socket = _listener.Accept();
        }
        catch (SocketException gone) when (gone.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset)
        {
            return;
        }
        catch (SocketException problem)
        {
            Shortage(Shown.Reason(problem));
            return;
        }

        if (_pending.Count == PendingMaximum)
        {
            SendAway(_pending[0], $"{PendingMaximum} others wait", null);
        }

        var pending = new PendingConnection(socket, _run.Options.Token, _run.Time);
        try
        {
            pending.Link.Send(FrameKind.Challenge, pending.Challenge);
            _pending.Add(pending);
        }
        catch (LinkClosedException)
        {
            socket.Dispose();
        }

        LookAtReserve();
    }

    private void LookAtReserve()
    {
        if (!DescriptorReserve.IsThere())
        {
            Shortage("this process has no file descriptors left for them; allow it more (ulimit -n)");
        }
        else if (_door.Enough(Now))
        {
            _log.DoorOpen();
        }
    }

    /// <summary>
    /// Nobody is let in for a while. The half of the pending connections that has waited longest makes room for what the run needs.
    /// </summary>
    private void Shortage(string reason)
    {
        if (_door.Shortage(Now))
        {
            _log.DoorClosed(reason);
        }

        for (var leaving = (_pending.Count + 1) / 2; leaving > 0; leaving--)
        {
            SendAway(_pending[0], "there is no room for it", null);
        }
    }
}
