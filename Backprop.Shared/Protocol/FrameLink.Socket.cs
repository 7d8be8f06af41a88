using System.Net.Sockets;

namespace Backprop.Shared.Protocol;

/// <summary>What touches the socket.</summary>
internal sealed unsafe partial class FrameLink
{
    private bool _saidAll;

    /// <summary>
    /// Says that nothing more will be sent: the other side reads all that was, then the end. (To close at once while bytes of the other
    /// side lie unread would make the system throw away what was sent last.) What the other side says is still received.
    /// </summary>
    public void Finish()
    {
        Volatile.Write(ref _saidAll, true);
        Shut(SocketShutdown.Send);
    }

    // Give and Take are all that touches the socket's bytes: where TLS is wanted, a stream takes its place here. No frame must be begun
    // after a broken one, so a failure closes the link.
    private void Give(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int count;
            try
            {
                count = _socket.Send(bytes, SocketFlags.None, out var error);
                if (error != SocketError.Success && Volatile.Read(ref _saidAll))
                {
                    // A heartbeat that comes too late, say. The last word may still be on its way, so the link stays.
                    throw new LinkClosedException("All was said on this side.");
                }

                ThrowIfBroken(error);
            }
            catch (ObjectDisposedException)
            {
                throw ClosedHere();
            }

            bytes = bytes[count..];
            Volatile.Write(ref _bytesSent, _bytesSent + count);
        }

        Volatile.Write(ref _sentAt, _time.GetTimestamp());
    }

    private int Take(Span<byte> place)
    {
        int count;
        try
        {
            count = _socket.Receive(place, SocketFlags.None, out var error);
            ThrowIfBroken(error);
        }
        catch (ObjectDisposedException)
        {
            throw ClosedHere();
        }

        if (count == 0)
        {
            var cut = Scanner.IsBetweenFrames ? "" : " in the middle of a frame";
            throw Volatile.Read(ref _closed) != 0 ? ClosedHere() : new LinkClosedException($"The other side closed the connection{cut}.");
        }

        return count;
    }

    private static LinkClosedException ClosedHere() => new("The connection was closed on this side.");

    private void ThrowIfBroken(SocketError error)
    {
        if (error != SocketError.Success)
        {
            var here = Volatile.Read(ref _closed) != 0;
            Close();
            throw here ? ClosedHere() : new LinkClosedException($"The connection broke: {new SocketException((int)error).Message}.");
        }
    }

    private int SendBufferBytes()
    {
        // The property of the same meaning allocates.
        _socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.SendBuffer, _option);
        return BitConverter.ToInt32(_option);
    }

    private bool IsReady(SelectMode mode, TimeSpan patience = default)
    {
        try
        {
            return _socket.Poll(patience, mode);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The next call says what is wrong.
            return true;
        }
    }

    private void Shut(SocketShutdown how)
    {
        try
        {
            _socket.Shutdown(how);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It was over already.
        }
    }
}
