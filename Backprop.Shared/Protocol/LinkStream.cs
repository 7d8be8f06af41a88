using System.Buffers.Binary;
using System.Net.Sockets;

namespace Backprop.Shared.Protocol;

/// <summary>
/// The bytes of one connection: all that touches its socket once it is there, blocking. One thread takes, one at a time gives, any closes.
/// </summary>
internal sealed class LinkStream
{
    private const int AtOnceBytes = 128 << 10;

    /// <summary>A socket that can be written to at all has room for so much.</summary>
    private const int SurelyBytes = 16 << 10;

    private readonly Socket _socket;
    private readonly TimeProvider _time;
    private readonly byte[] _option = new byte[sizeof(int)];
    private long _bytesSent;
    private long _bytesReceived;
    private long _heardAt;
    private long _sentAt;
    private int _closed;
    private bool _saidAll;

    /// <param name="socket">A connected, blocking socket; it belongs to the stream from now on.</param>
    /// <param name="time">For <see cref="HeardAt"/> and <see cref="SentAt"/>.</param>
    public LinkStream(Socket socket, TimeProvider time)
    {
        _socket = socket;
        IsLocal = socket.AddressFamily == AddressFamily.Unix;
        _time = time;
        _heardAt = time.GetTimestamp();
        _sentAt = _heardAt;

        try
        {
            // Frames are sent in as few calls as there can be; to wait for more before the last of them goes out would only cost time.
            socket.NoDelay = true;
        }
        catch (SocketException)
        {
            // It is gone already; the first use says so.
        }
    }

    /// <inheritdoc cref="FrameLink.IsLocal"/>
    public bool IsLocal { get; }

    /// <inheritdoc cref="FrameLink.PeerProcess"/>
    public int PeerProcess
    {
        get
        {
            const int Socket = 1;
            const int PeerCredentials = 17;
            Span<byte> credentials = stackalloc byte[3 * sizeof(int)];
            return IsLocal && OperatingSystem.IsLinux() && _socket.GetRawSocketOption(Socket, PeerCredentials, credentials) >= sizeof(int)
                ? BinaryPrimitives.ReadInt32LittleEndian(credentials)
                : 0;
        }
    }

    /// <inheritdoc cref="FrameLink.BytesSent"/>
    public long BytesSent => Volatile.Read(ref _bytesSent);

    /// <inheritdoc cref="FrameLink.BytesReceived"/>
    public long BytesReceived => Volatile.Read(ref _bytesReceived);

    /// <inheritdoc cref="FrameLink.HeardAt"/>
    public long HeardAt => Volatile.Read(ref _heardAt);

    /// <inheritdoc cref="FrameLink.SentAt"/>
    public long SentAt => Volatile.Read(ref _sentAt);

    /// <summary><see cref="Take"/> would find bytes, or the end of the connection.</summary>
    public bool CanTake => IsReady(SelectMode.SelectRead);

    /// <summary><see cref="Give"/> can begin in time.</summary>
    public bool CanGive(TimeSpan patience) => IsReady(SelectMode.SelectWrite, patience);

    /// <inheritdoc cref="FrameLink.CanSendAtOnce"/>
    public bool CanGiveAtOnce(int bytes)
    {
        if (bytes > AtOnceBytes || !IsReady(SelectMode.SelectWrite))
        {
            return false;
        }

        try
        {
            // "Writable" means that a third of the buffer is free; a quarter leaves something for what the system needs itself.
            return bytes <= SurelyBytes || bytes <= SendBufferBytes() / 4;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }

    /// <summary>
    /// Sends bytes. Where TLS is wanted, another stream takes the socket's place here and in <see cref="Take"/>. No frame must be begun
    /// after a broken one, so a failure closes the connection.
    /// </summary>
    /// <exception cref="LinkClosedException">The connection is over.</exception>
    public void Give(ReadOnlySpan<byte> bytes)
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

    /// <summary>Waits for bytes; gives how many came, at least one.</summary>
    /// <param name="place">Where they go.</param>
    /// <param name="isBetweenFrames">The other side may close the connection now.</param>
    /// <exception cref="LinkClosedException">The connection is over.</exception>
    public int Take(Span<byte> place, bool isBetweenFrames)
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
            var cut = isBetweenFrames ? "" : " in the middle of a frame";
            throw Volatile.Read(ref _closed) != 0 ? ClosedHere() : new LinkClosedException($"The other side closed the connection{cut}.");
        }

        Volatile.Write(ref _bytesReceived, _bytesReceived + count);
        Volatile.Write(ref _heardAt, _time.GetTimestamp());
        return count;
    }

    /// <inheritdoc cref="FrameLink.Finish"/>
    public void Finish()
    {
        Volatile.Write(ref _saidAll, true);
        Shut(SocketShutdown.Send);
    }

    /// <inheritdoc cref="FrameLink.Close"/>
    public void Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            // Wakes who waits inside the system; disposing alone waits for them.
            Shut(SocketShutdown.Both);
            _socket.Dispose();
        }
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
