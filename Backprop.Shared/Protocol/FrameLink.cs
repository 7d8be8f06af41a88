using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Backprop.Shared.Tensors;
using Google.Protobuf;

namespace Backprop.Shared.Protocol;

/// <summary>
/// One connection, blocking. Floats go between the socket and the memory where they are used; a checksum is taken of each piece while
/// it is in the cache. One thread receives; any thread sends, a frame at a time. Nothing is allocated for a frame.
/// </summary>
/// <remarks>
/// The socket must never be used asynchronously or be made non-blocking, not even before it comes here: the runtime then leaves it so for
/// ever and imitates blocking calls by its own event loop, which is slower and allocates.
/// </remarks>
internal sealed class FrameLink : IDisposable
{
    /// <summary>A payload up to this length is copied behind its envelope and sent with it in one call.</summary>
    private const int SmallPayloadBytes = 128 << 10;

    /// <summary>So much of a longer payload is copied, so that the trailer does not travel alone.</summary>
    private const int TailBytes = 4 << 10;

    private const int AtOnceBytes = 128 << 10;

    private const int FirstOutBytes = 2 << 10;
    private const int OutBytes = FrameFormat.HeaderBytes + FrameFormat.EnvelopeBytes + SmallPayloadBytes + FrameFormat.TrailerBytes;

    private readonly SocketBytes _bytes;
    private readonly Lock _sending = new();

    // Enough for a handshake, so that a stranger costs little; what is longer brings the whole size at once.
    private byte[] _out = new byte[FirstOutBytes];
    private int _held;

    /// <param name="socket">A connected, blocking socket; it belongs to the link from now on.</param>
    /// <param name="scanner">It may have been fed already.</param>
    /// <param name="time">For <see cref="HeardAt"/> and <see cref="SentAt"/>.</param>
    public FrameLink(Socket socket, FrameScanner scanner, TimeProvider time)
    {
        _bytes = new SocketBytes(socket, time);
        Scanner = scanner;
        Scanner.ChecksPayloads = !IsLocal;
    }

    /// <summary>
    /// Begins TLS, which finds every changed byte: checksums of payloads are not needed any more, on both sides. Nothing that belongs to it
    /// may have come yet, and nobody else may use the link meanwhile.
    /// </summary>
    /// <param name="shake">The handshake, over this connection; it waits.</param>
    /// <exception cref="LinkClosedException">It did not come about: the link is over.</exception>
    public void Secure(Action<SslStream> shake)
    {
        if (Scanner.HasBuffered)
        {
            throw new LinkClosedException("More came than was asked for before TLS.");
        }

        _bytes.Secure(shake);
        Scanner.ChecksPayloads = false;
    }

    /// <summary>What has been received.</summary>
    public FrameScanner Scanner { get; }

    /// <summary>The other side is a process of this machine, by the nature of the connection.</summary>
    public bool IsLocal => _bytes.IsLocal;

    /// <summary>The process on the other side, by the kernel's word and in this process's numbers; 0: it is not known.</summary>
    public int PeerProcess => _bytes.PeerProcess;

    /// <summary>All bytes that were sent.</summary>
    public long BytesSent => _bytes.Given;

    /// <summary>All bytes that came.</summary>
    public long BytesReceived => _bytes.Taken;

    /// <summary>When bytes came last; a timestamp of the time provider.</summary>
    public long HeardAt => _bytes.TakenAt;

    /// <summary>When a piece of a frame was sent last; a timestamp of the time provider.</summary>
    public long SentAt => _bytes.GivenAt;

    /// <summary><see cref="Receive"/> would find bytes, or the end of the connection. For the receiving thread.</summary>
    public bool HasIncoming => Scanner.HasBuffered || _bytes.HasIncoming;

    /// <summary>Waits until an envelope whose payload follows, or a whole frame, has come.</summary>
    /// <exception cref="LinkClosedException">The connection is over.</exception>
    /// <exception cref="ProtocolException">What came is not allowed.</exception>
    public ScanEvent Receive()
    {
        var found = Scanner.Continue();
        while (found == ScanEvent.None)
        {
            found = TakeOnce();
        }

        return found;
    }

    /// <summary>The same without waiting: <see cref="ScanEvent.None"/> where what has come so far is neither yet.</summary>
    /// <exception cref="LinkClosedException">The connection is over.</exception>
    /// <exception cref="ProtocolException">What came is not allowed.</exception>
    public ScanEvent TryReceive()
    {
        var found = Scanner.Continue();
        while (found == ScanEvent.None && _bytes.HasIncoming)
        {
            found = TakeOnce();
        }

        return found;
    }

    /// <summary>Sends a frame without payload.</summary>
    /// <param name="more">Another frame or <see cref="Flush"/> follows at once: they may travel together.</param>
    public void Send(FrameKind kind, IMessage envelope, bool more = false) => SendBytes(kind, envelope, [], null, 0, more);

    /// <summary>Sends a frame.</summary>
    public void Send<T>(FrameKind kind, IMessage envelope, ReadOnlySpan<T> payload)
        where T : unmanaged => SendBytes(kind, envelope, MemoryMarshal.AsBytes(payload), null, 0, more: false);

    /// <summary>Sends a frame; its payload is what the memory holds now.</summary>
    /// <returns>False where <paramref name="live"/> says that the memory began to change meanwhile: the frame went out void.</returns>
    public bool Send(FrameKind kind, IMessage envelope, FlatVector payload, LiveMemory? live = null) =>
        Send(kind, envelope, payload, live, live?.Version ?? 0);

    /// <summary>
    /// Sends a frame; its payload is what the memory held at <paramref name="version"/>, which the caller read before he looked what the
    /// memory holds and wrote that into the envelope.
    /// </summary>
    /// <param name="more">Another frame or <see cref="Flush"/> follows at once: the end of this one may travel with it.</param>
    /// <returns>
    /// False where the memory has begun to change since: if that was before the sending, nothing was sent; if meanwhile, a void frame.
    /// </returns>
    public bool Send(FrameKind kind, IMessage envelope, FlatVector payload, LiveMemory? live, int version, bool more = false) =>
        SendBytes(kind, envelope, MemoryMarshal.AsBytes(payload.Values), live, version, more);

    /// <summary>Sends what was held back for a next frame.</summary>
    public void Flush()
    {
        lock (_sending)
        {
            GiveOrHold(_held, more: false);
        }
    }

    /// <summary>
    /// So many bytes are few and the socket has room for them: to send them will not wait for the other side.
    /// </summary>
    public bool CanSendAtOnce(int bytes) => bytes <= AtOnceBytes && _bytes.HasRoomFor(bytes);

    /// <summary>
    /// Sends a frame without payload if it can be begun in time: another thread may be at a frame that nobody reads, or the socket full.
    /// </summary>
    /// <returns>False where nothing was sent.</returns>
    public bool TrySend(FrameKind kind, IMessage envelope, TimeSpan patience)
    {
        if (!_sending.TryEnter(patience))
        {
            return false;
        }

        try
        {
            if (!_bytes.HasRoom(patience))
            {
                return false;
            }

            Send(kind, envelope);
            return true;
        }
        finally
        {
            _sending.Exit();
        }
    }

    /// <summary>
    /// Says that nothing more will be sent: the other side reads all that was, then the end. What the other side says is still received.
    /// </summary>
    public void Finish() => _bytes.Finish();

    /// <summary>
    /// Ends the connection, from any thread; a waiting <see cref="Receive"/> or Send ends with <see cref="LinkClosedException"/>.
    /// </summary>
    public void Close() => _bytes.Close();

    /// <inheritdoc/>
    public void Dispose() => Close();

    private ScanEvent TakeOnce() => Scanner.Advance(_bytes.Take(Scanner.Wanted, Scanner.IsBetweenFrames));

    private bool SendBytes(FrameKind kind, IMessage envelope, ReadOnlySpan<byte> payload, LiveMemory? live, int version, bool more)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, FrameFormat.RunFileBytes, nameof(payload));
        lock (_sending)
        {
            if (live is not null && !live.StillIs(version))
            {
                return false;
            }

            var end = WriteHead(kind, envelope, payload.Length);
            if (payload.IsEmpty)
            {
                GiveOrHold(end, more);
                return true;
            }

            var checksum = 0u;
            if (payload.Length > SmallPayloadBytes)
            {
                GiveOrHold(end, more: false);
                end = 0;
                while (payload.Length > TailBytes)
                {
                    var piece = payload[..Math.Min(FrameFormat.PieceBytes, payload.Length - TailBytes)];
                    checksum = Scanner.ChecksPayloads ? Crc32C.Append(checksum, piece) : 0;
                    _bytes.Give(piece);
                    payload = payload[piece.Length..];
                }
            }

            var rest = _out.AsSpan(end, payload.Length);
            payload.CopyTo(rest);
            checksum = Scanner.ChecksPayloads ? Crc32C.Append(checksum, rest) : 0;
            end += rest.Length;

            // Everything that will ever be read of the memory has been read.
            var whole = live is null || live.StillIs(version);
            FrameTrailer.Write(_out.AsSpan(end), whole, checksum);
            GiveOrHold(end + FrameFormat.TrailerBytes, more);
            return whole;
        }
    }

    private int WriteHead(FrameKind kind, IMessage envelope, int payloadLength)
    {
        var length = envelope.CalculateSize();
        if (length > FrameFormat.EnvelopeBytes)
        {
            var message = $"An envelope of {length} bytes does not fit; {FrameFormat.EnvelopeBytes} are allowed.";
            throw new ArgumentException(message, nameof(envelope));
        }

        var copied = payloadLength > SmallPayloadBytes ? TailBytes : payloadLength;
        var needed = FrameFormat.HeaderBytes + length + copied + FrameFormat.TrailerBytes;
        if (_held + needed > OutBytes)
        {
            GiveOrHold(_held, more: false);
        }

        if (_held + needed > _out.Length)
        {
            Array.Resize(ref _out, OutBytes);
        }

        var frame = _out.AsSpan(_held);
        envelope.WriteTo(frame.Slice(FrameFormat.HeaderBytes, length));
        FrameHeader.Write(frame, kind, length, payloadLength);
        return _held + FrameFormat.HeaderBytes + length;
    }

    /// <summary>Sends what has been written to the front of the buffer, or leaves it there for the next frame to go with it.</summary>
    private void GiveOrHold(int end, bool more)
    {
        _held = more ? end : 0;
        if (!more && end > 0)
        {
            _bytes.Give(_out.AsSpan(0, end));
        }
    }
}
