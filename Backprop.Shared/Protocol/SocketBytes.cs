using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;

namespace Backprop.Shared.Protocol;

/// <summary>
/// The bytes of a connection: all that touches its socket. With TLS, they go through <see cref="SecuredBytes"/>. One thread takes,
/// one at a time gives. After a failure the connection is closed, because no frame may be begun after a broken one.
/// </summary>
internal sealed class SocketBytes
{
    /// <summary>A socket that can be written to at all has room for so much.</summary>
    private const int SurelyBytes = 16 << 10;

    private readonly Socket _socket;
    private readonly TimeProvider _time;
    private readonly byte[] _option = new byte[sizeof(int)];
    private SecuredBytes? _secured;
    private long _given;
    private long _taken;
    private long _takenAt;
    private long _givenAt;
    private bool _saidAll;
    private int _closed;

    /// <param name="socket">A connected, blocking socket; it belongs to this from now on.</param>
    public SocketBytes(Socket socket, TimeProvider time)
    {
        (_socket, _time) = (socket, time);
        IsLocal = socket.AddressFamily == AddressFamily.Unix;
        _takenAt = time.GetTimestamp();
        _givenAt = _takenAt;

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

    /// <summary>The other side is a process of this machine, by the nature of the connection.</summary>
    public bool IsLocal { get; }

    /// <summary>The process on the other side, by the kernel's word and in this process's numbers; 0: it is not known.</summary>
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

    /// <summary>How many were given.</summary>
    public long Given => Volatile.Read(ref _given);

    /// <summary>How many were taken.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>When some were given last; a timestamp of the time provider.</summary>
    public long GivenAt => Volatile.Read(ref _givenAt);

    /// <summary>When some were taken last; a timestamp of the time provider.</summary>
    public long TakenAt => Volatile.Read(ref _takenAt);

    /// <summary>To take would give bytes, or the end of the connection, without waiting.</summary>
    public bool HasIncoming => _secured?.HasBuffered == true || IsReady(SelectMode.SelectRead, TimeSpan.Zero);

    /// <summary>Begins TLS; all that is given and taken afterwards goes through it. Nobody else may use the connection meanwhile.</summary>
    /// <param name="shake">The handshake, over this connection; it waits.</param>
    /// <exception cref="LinkClosedException">It did not come about: the connection is over.</exception>
    public void Secure(Action<SslStream> shake)
    {
        try
        {
            var stream = new SslStream(new NetworkStream(_socket, ownsSocket: false));
            shake(stream);
            _secured = new SecuredBytes(stream);
        }
        catch (Exception problem) when (SecuredBytes.IsOfConnection(problem))
        {
            Close();
            throw SecuredBytes.Broken(problem);
        }
    }

    /// <summary>Gives all of the bytes, however long that takes.</summary>
    /// <exception cref="LinkClosedException">The connection is over.</exception>
    public void Give(ReadOnlySpan<byte> bytes)
    {
        if (_secured is not null)
        {
            GiveSecured(_secured, bytes);
            return;
        }

        while (!bytes.IsEmpty)
        {
            int count;
            try
            {
                count = _socket.Send(bytes, SocketFlags.None, out var error);
                if (error != SocketError.Success && Volatile.Read(ref _saidAll))
                {
                    // A heartbeat that comes too late, say. The last word may still be on its way, so the socket stays.
                    throw new LinkClosedException("All was said on this side.");
                }

                ThrowIfBroken(error);
            }
            catch (ObjectDisposedException)
            {
                throw ClosedHere();
            }

            bytes = bytes[count..];
            Volatile.Write(ref _given, _given + count);
        }

        Volatile.Write(ref _givenAt, _time.GetTimestamp());
    }

    /// <summary>Waits for bytes.</summary>
    /// <param name="isBetweenFrames">Whether the end would be a clean one.</param>
    /// <returns>How many came; at least one.</returns>
    /// <exception cref="LinkClosedException">The connection is over.</exception>
    public int Take(Span<byte> place, bool isBetweenFrames)
    {
        var count = _secured is null ? TakeClear(place) : TakeSecured(_secured, place);

        if (count == 0)
        {
            var cut = isBetweenFrames ? "" : " in the middle of a frame";
            throw Volatile.Read(ref _closed) != 0 ? ClosedHere() : new LinkClosedException($"The other side closed the connection{cut}.");
        }

        Volatile.Write(ref _taken, _taken + count);
        Volatile.Write(ref _takenAt, _time.GetTimestamp());
        return count;
    }

    /// <summary>Some bytes can be given within the time.</summary>
    public bool HasRoom(TimeSpan patience) => IsReady(SelectMode.SelectWrite, patience);

    /// <summary>So many bytes can be given without waiting.</summary>
    public bool HasRoomFor(int bytes)
    {
        if (!HasRoom(TimeSpan.Zero))
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
    /// Says that nothing more will be given: the other side reads all that was, then the end. (To close at once while bytes of the other
    /// side lie unread would make the system throw away what was given last.) What the other side says can still be taken.
    /// </summary>
    public void Finish()
    {
        Volatile.Write(ref _saidAll, true);
        Shut(SocketShutdown.Send);
    }

    /// <summary>Ends the connection, from any thread; who waits gets <see cref="LinkClosedException"/>.</summary>
    public void Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            // Wakes who waits inside the system; disposing alone waits for them.
            Shut(SocketShutdown.Both);
            _socket.Dispose();
        }
    }

    private int TakeClear(Span<byte> place)
    {
        try
        {
            var count = _socket.Receive(place, SocketFlags.None, out var error);
            ThrowIfBroken(error);
            return count;
        }
        catch (ObjectDisposedException)
        {
            throw ClosedHere();
        }
    }

    private int TakeSecured(SecuredBytes secured, Span<byte> place)
    {
        try
        {
            return secured.Take(place);
        }
        catch (LinkClosedException broken)
        {
            throw OrClosedHere(broken);
        }
    }

    private void GiveSecured(SecuredBytes secured, ReadOnlySpan<byte> bytes)
    {
        try
        {
            secured.Give(bytes);
        }
        catch (LinkClosedException) when (Volatile.Read(ref _saidAll))
        {
            // As in the clear: the last word may still be on its way.
            throw new LinkClosedException("All was said on this side.");
        }
        catch (LinkClosedException broken)
        {
            throw OrClosedHere(broken);
        }

        Volatile.Write(ref _given, _given + bytes.Length);
        Volatile.Write(ref _givenAt, _time.GetTimestamp());
    }

    private LinkClosedException OrClosedHere(LinkClosedException broken)
    {
        var here = Volatile.Read(ref _closed) != 0;
        Close();
        return here ? ClosedHere() : broken;
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

    private bool IsReady(SelectMode mode, TimeSpan patience)
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
