using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Backprop.Shared.Tensors;

namespace Backprop.Shared.Protocol;

/// <summary>
/// Takes frames out of a stream of bytes. It knows no socket: the caller puts bytes where <see cref="Wanted"/> says and tells how many
/// came. A payload goes straight to where the caller says it belongs, but for its first few kilobytes, which came with the envelope;
/// every length is checked before it is believed; nothing is allocated for a frame.
/// </summary>
/// <remarks>
/// Small frames come several at a time: after an event, <see cref="Continue"/> may find the next one without new bytes. One who feeds
/// the scanner by himself calls it until it says <see cref="ScanEvent.None"/>.
/// </remarks>
internal sealed unsafe class FrameScanner
{
    /// <summary>So much may be read ahead of what is known, and is then copied: small frames come whole in one call.</summary>
    private const int AheadBytes = 8 << 10;

    /// <summary>For dropping a payload that nobody wants any more.</summary>
    private const int SkipBytes = 64 << 10;

    private FrameLimits _limits;
    private byte[] _stage;
    private byte[] _envelope;
    private int _begin;
    private int _end;
    private State _state;
    private FrameHeader _header;
    private int _filled;
    private byte* _destination;
    private int _wanted;
    private bool _direct;
    private bool _exhausted = true;
    private uint _checksum;

    /// <param name="limits">What is taken from the other side.</param>
    public FrameScanner(FrameLimits limits)
    {
        _limits = limits;
        _envelope = GC.AllocateUninitializedArray<byte>(limits.EnvelopeBytes);
        _stage = GC.AllocateUninitializedArray<byte>(StageBytes(limits));
    }

    private enum State
    {
        Header,
        Envelope,
        Undecided,
        Payload,
        Trailer,
    }

    /// <summary>What is taken from the other side; may change between two frames.</summary>
    public FrameLimits Limits
    {
        get => _limits;
        set
        {
            if (_state != State.Header)
            {
                throw new InvalidOperationException("Limits change between frames, not inside one.");
            }

            _limits = value;
            if (_envelope.Length < value.EnvelopeBytes)
            {
                Array.Resize(ref _envelope, value.EnvelopeBytes);
            }

            if (_stage.Length < StageBytes(value))
            {
                Array.Resize(ref _stage, StageBytes(value));
            }
        }
    }

    /// <summary>
    /// Payloads have checksums. Not where they never leave this machine's memory: there is nothing on the way that could damage them.
    /// </summary>
    public bool ChecksPayloads { get; set; } = true;

    /// <summary>The current frame's kind.</summary>
    public FrameKind Kind => _header.Kind;

    /// <summary>The current frame's envelope; valid until the next frame begins.</summary>
    public ReadOnlySpan<byte> Envelope => _envelope.AsSpan(0, _header.EnvelopeLength);

    /// <summary>How many bytes of payload the current frame has.</summary>
    public int PayloadLength => _header.PayloadLength;

    /// <summary>
    /// The current, whole frame is to be dropped: its sender's memory changed while it was sent. What was received is of no use.
    /// </summary>
    public bool IsVoid { get; private set; }

    /// <summary>Bytes have come that nobody has looked at: <see cref="Continue"/> may find a frame.</summary>
    public bool HasBuffered => !_exhausted && _begin < _end;

    /// <summary>True between two frames; an end of the stream is then no cut frame.</summary>
    public bool IsBetweenFrames => _state == State.Header && _begin == _end;

    /// <summary>Where the next bytes belong; never empty. To be asked anew after each <see cref="Advance"/>.</summary>
    public Span<byte> Wanted
    {
        get
        {
            if (_state == State.Undecided)
            {
                throw new InvalidOperationException("Say first where the payload belongs.");
            }

            var left = _header.PayloadLength - _filled;
            _direct = _state == State.Payload && _destination != null && left > AheadBytes && _begin == _end;
            if (_direct)
            {
                _wanted = Math.Min(left, FrameFormat.PieceBytes);
                return new Span<byte>(_destination + _filled, _wanted);
            }

            MakeRoom();
            var most = _state == State.Payload && _destination == null ? _stage.Length : AheadBytes;
            _wanted = Math.Min(_stage.Length - _end, most);
            return _stage.AsSpan(_end, _wanted);
        }
    }

    /// <summary>So many bytes were put where <see cref="Wanted"/> said.</summary>
    /// <exception cref="ProtocolException">They are not what the protocol allows. The scanner is of no use any more.</exception>
    public ScanEvent Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _wanted);
        _wanted = 0;
        if (_direct)
        {
            _direct = false;
            Check(new ReadOnlySpan<byte>(_destination + _filled, count));
            _filled += count;
        }
        else
        {
            _end += count;
        }

        return Continue();
    }

    /// <summary>Looks at what has come already, as far as it goes.</summary>
    /// <exception cref="ProtocolException">As in <see cref="Advance"/>.</exception>
    public ScanEvent Continue()
    {
        var found = Look();
        _exhausted = found == ScanEvent.None;
        return found;
    }

    /// <summary>
    /// The payload belongs here: memory for exactly <see cref="PayloadLength"/> bytes, which stays until the frame is whole.
    /// </summary>
    public void Into(byte* destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        Decide(destination);
    }

    /// <summary>The payload belongs here, and this is exactly as long; it stays until the frame is whole.</summary>
    public void Into(FlatVector place) => IntoPinned(place.Values);

    /// <summary>
    /// The payload belongs here, and this is exactly as long. It stays where it is until the frame is whole: a part of an array that was
    /// allocated pinned, and that the caller keeps.
    /// </summary>
    public void IntoPinned<T>(Span<T> place)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual((long)place.Length * sizeof(T), PayloadLength, nameof(place));
        Into((byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(place)));
    }

    /// <summary>Nobody wants the payload; it is read, checked and forgotten.</summary>
    public void Skip() => Decide(null);

    private static int StageBytes(FrameLimits limits) => limits.EnvelopeBytes <= FrameFormat.StrangerEnvelopeBytes ? 1 << 10 : SkipBytes;

    private ScanEvent Look()
    {
        while (true)
        {
            switch (_state)
            {
                case State.Header when TakeHeader():
                case State.Payload when TakePayload():
                    continue;

                case State.Envelope when TakeEnvelope():
                    return _header.PayloadLength == 0 ? ScanEvent.Frame : ScanEvent.Envelope;

                case State.Trailer when TakeTrailer():
                    return ScanEvent.Frame;

                case State.Undecided:
                    throw new InvalidOperationException("Say first where the payload belongs.");

                default:
                    return ScanEvent.None;
            }
        }
    }

    private void Decide(byte* destination)
    {
        if (_state != State.Undecided)
        {
            throw new InvalidOperationException("No payload waits for a place.");
        }

        _destination = destination;
        _filled = 0;
        _checksum = 0;
        _state = State.Payload;
    }

    private bool TakeHeader()
    {
        var come = _stage.AsSpan(_begin, _end - _begin);
        if (come.Length < FrameFormat.HeaderBytes)
        {
            FrameHeader.CheckMagic(come[..Math.Min(4, come.Length)]);
            return false;
        }

        _header = FrameHeader.Read(come, _limits);
        _checksum = Crc32C.Append(0, come[..FrameFormat.CheckedHeaderBytes]);
        _begin += FrameFormat.HeaderBytes;
        _filled = 0;
        IsVoid = false;
        _state = State.Envelope;
        return true;
    }

    private bool TakeEnvelope()
    {
        var taken = Math.Min(_end - _begin, _header.EnvelopeLength - _filled);
        _stage.AsSpan(_begin, taken).CopyTo(_envelope.AsSpan(_filled));
        _begin += taken;
        _filled += taken;
        if (_filled < _header.EnvelopeLength)
        {
            return false;
        }

        if (Crc32C.Append(_checksum, Envelope) != _header.Checksum)
        {
            throw new ProtocolException($"The checksum of a frame {Kind} is wrong: its header or its envelope was damaged on the way.");
        }

        _state = _header.PayloadLength == 0 ? State.Header : State.Undecided;
        return true;
    }

    private void Check(ReadOnlySpan<byte> payload) => _checksum = ChecksPayloads ? Crc32C.Append(_checksum, payload) : 0;

    private bool TakePayload()
    {
        var taken = Math.Min(_end - _begin, _header.PayloadLength - _filled);
        if (taken > 0)
        {
            var bytes = _stage.AsSpan(_begin, taken);
            Check(bytes);
            if (_destination != null)
            {
                bytes.CopyTo(new Span<byte>(_destination + _filled, taken));
            }

            _begin += taken;
            _filled += taken;
        }

        if (_filled < _header.PayloadLength)
        {
            return false;
        }

        _destination = null;
        _state = State.Trailer;
        return true;
    }

    private bool TakeTrailer()
    {
        if (_end - _begin < FrameFormat.TrailerBytes)
        {
            return false;
        }

        IsVoid = !FrameTrailer.IsWhole(_stage.AsSpan(_begin, FrameFormat.TrailerBytes), Kind, _checksum);
        _begin += FrameFormat.TrailerBytes;
        _state = State.Header;
        return true;
    }

    /// <summary>What has not been looked at goes to the front when the rest of it might not fit behind it.</summary>
    private void MakeRoom()
    {
        if (_begin == _end)
        {
            _begin = 0;
            _end = 0;
        }
        else if (_stage.Length - _end < FrameFormat.HeaderBytes)
        {
            _stage.AsSpan(_begin, _end - _begin).CopyTo(_stage);
            _end -= _begin;
            _begin = 0;
        }
    }
}
