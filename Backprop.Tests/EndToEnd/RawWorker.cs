using System.Net.Sockets;
using System.Security.Cryptography;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Backprop.Tests.Shared.Protocol;
using Backprop.Worker.Protocol;
using Google.Protobuf;

namespace Backprop.Tests.EndToEnd;

/// <summary>Somebody at a coordinator's port who says word by word what a test wants: also what no worker would.</summary>
internal sealed class RawWorker : IDisposable
{
    private const int PatienceMilliseconds = 20_000;
    private readonly LinkAddress _address;
    private readonly int _receiveBuffer;
    private readonly StepEnvelopeReader _reader = new();
    private Socket? _socket;
    private FrameLink? _link;
    private StepEnvelope? _order;
    private bool _isReady;

    /// <param name="address">Where workers ask: <c>host:port</c>, or a name inside this machine.</param>
    /// <param name="receiveBuffer">How many bytes may wait to be read by it; 0: as the system has it.</param>
    public RawWorker(string address, int receiveBuffer = 0) =>
        (_address, _receiveBuffer) = (LinkAddress.Parse(address, "address"), receiveBuffer);

    public FrameLink Link => _link ?? throw new InvalidOperationException("It has no link yet.");

    /// <summary>Its instance; a test may give it another's.</summary>
    public ByteString Instance { get; init; } = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(JoinCheck.InstanceBytes));

    public long Incarnation { get; init; } = 1;

    public string Name { get; init; } = "raw";

    /// <summary>What it was sent away with.</summary>
    public Refusal? Refusal { get; private set; }

    /// <summary>What it was offered to share.</summary>
    public SharedMemory? Memory { get; private set; }

    /// <summary>The length of the model's flat vector, from the weights.</summary>
    public int Length { get; private set; }

    /// <summary>What it was answered when it asked to take part.</summary>
    public JoinReply Reply { get; private set; } = new();

    /// <summary>Somebody at a port of links who has said nothing yet.</summary>
    /// <param name="port">That of the links, on this machine.</param>
    public static RawWorker AtLinks(int port)
    {
        var stranger = new RawWorker($"127.0.0.1:{port}");
        stranger.Connect(stranger._address);
        return stranger;
    }

    /// <summary>Asks to take part, over gRPC.</summary>
    /// <param name="spoil">Makes the request wrong.</param>
    public RawWorker Ask(JoinToken? token, Action<JoinRequest>? spoil = null)
    {
        var request = Request();
        spoil?.Invoke(request);
        Reply = new RawCaller(_address.HostPort, token).Call((client, options) => client.Join(request, options));
        Refusal = Reply.Refusal;
        return this;
    }

    /// <summary>A piece of a data file, over gRPC.</summary>
    public byte[] Fetch(JoinToken? token, byte[] sha256, long offset) => new RawCaller(_address.HostPort, token)
        .Call((client, options) => client.Fetch(
            new FetchRequest { Worker = Reply.Worker, Sha256 = ByteString.CopyFrom(sha256), Offset = offset }, options))
        .Bytes.ToByteArray();

    /// <summary>Opens its link with the ticket that it has.</summary>
    /// <param name="spoil">Makes the frame wrong.</param>
    public RawWorker OpenLink(Action<Open>? spoil = null)
    {
        Connect(_address.HostPort with { Port = Reply.LinkPort });
        var open = new Open { Ticket = Reply.Ticket, Term = Reply.Term };
        spoil?.Invoke(open);
        Link.Send(FrameKind.Open, open);
        return this;
    }

    /// <summary>Is let in, with the run.</summary>
    public RawWorker Enter(JoinToken? token)
    {
        if (_address.LocalName is null)
        {
            Ask(token).Refusal.ShouldBeNull();
            return OpenLink();
        }

        Connect(_address);
        Link.Scanner.Limits = FrameLimits.Awaiting;
        Link.Send(FrameKind.Join, Request());
        Next().ShouldBe(FrameKind.Joined);
        Reply = Envelopes.Read(JoinReply.Parser, Link.Scanner.Envelope);
        Memory = Reply.Memory;
        Link.Scanner.Limits = FrameLimits.Coordinator;
        return this;
    }

    /// <param name="speed">Fast enough to be believed and given much.</param>
    /// <param name="shares">It says that it shares memory.</param>
    public RawWorker Join(JoinToken? token, double speed = 1e6, bool shares = false)
    {
        Enter(token);
        Link.Send(FrameKind.Ready, new Ready { Speed = speed, Shares = shares });
        _isReady = true;
        return this;
    }

    /// <summary>The next span that it is given. Everything else is passed over.</summary>
    /// <exception cref="LinkClosedException">It was sent away.</exception>
    public StepEnvelope NextOrder()
    {
        while (_order is null || Length == 0)
        {
            Next();
        }

        var order = _order;
        _order = null;
        return order;
    }

    /// <summary>Does the same with every span that it is given, until it is sent away.</summary>
    public void UntilSentAway(Action<StepEnvelope> answer)
    {
        try
        {
            while (true)
            {
                answer(NextOrder());
            }
        }
        catch (LinkClosedException)
        {
            ShouldBeClosed();
        }
    }

    /// <summary>Says the same again and again, reading nothing, until nobody is there to hear it.</summary>
    public void UntilClosed(Action<RawWorker> say)
    {
        // In whatever words the system says so: a side that only sends has no patience of its own that could run out.
        Should.Throw<LinkClosedException>(() =>
        {
            while (true)
            {
                say(this);
            }
        });
    }

    /// <summary>Says for some time that it lives, and reads nothing meanwhile.</summary>
    public void OnlyLive(TimeSpan time)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(begun) < time)
        {
            Link.Send(FrameKind.Heartbeat, new Heartbeat());
            _socket!.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectError);
        }
    }

    /// <summary>Reads until it is told that the run is over.</summary>
    public void UntilFinished()
    {
        while (Next() != FrameKind.Finished)
        {
        }
    }

    /// <summary>The other side has closed, whatever it said before.</summary>
    public RawWorker ShouldBeClosed()
    {
        // By the time, not by the words: a system may call a reset connection timed out, too.
        var begun = TimeProvider.System.GetTimestamp();
        Should.Throw<LinkClosedException>(() =>
        {
            while (true)
            {
                Next();
            }
        });
        TimeProvider.System.GetElapsedTime(begun).TotalMilliseconds.ShouldBeLessThan(PatienceMilliseconds);
        return this;
    }

    /// <summary>The other side says whatever it says, and closes.</summary>
    public void ShouldEnd()
    {
        var bytes = new byte[4096];
        var begun = TimeProvider.System.GetTimestamp();
        try
        {
            while (_socket!.Receive(bytes) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // A reset, or the patience is over.
        }

        TimeProvider.System.GetElapsedTime(begun).TotalMilliseconds.ShouldBeLessThan(PatienceMilliseconds);
    }

    /// <summary>It has, or had, a link.</summary>
    public bool HasLink => _link is not null;

    /// <summary>Another with the same answer, ticket and all.</summary>
    public RawWorker Twin() => new($"{_address}") { Name = Name, Reply = Reply };

    /// <summary>Bytes as they are, frames or not.</summary>
    public void SendRaw(ReadOnlySpan<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[_socket!.Send(bytes)..];
            }
        }
        catch (SocketException gone)
        {
            throw new LinkClosedException(gone.Message, gone);
        }
    }

    /// <summary>A header and an envelope; of the payload only its announced length.</summary>
    public void SendHead(FrameKind kind, IMessage envelope, uint payloadLength)
    {
        var frame = Frames.Of(kind, envelope.ToByteArray());
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(8), payloadLength);
        var checksum = Crc32C.Append(Crc32C.Append(0, frame.AsSpan(0, 12)), frame.AsSpan(16));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(12), checksum);
        SendRaw(frame);
    }

    /// <summary>Says nothing more, but listens.</summary>
    public void EndSending() => Link.Finish();

    public void Dispose() => _link?.Dispose();

    private JoinRequest Request() => new()
    {
        Protocol = FrameFormat.ProtocolVersion,
        Numerics = NumericsVersion.Current,
        Version = ProgramVersion.Text,
        Name = Name,
        Instance = Instance,
        Incarnation = Incarnation,
        Slots = 1,
    };

    private void Connect(LinkAddress address)
    {
        var to = address.Resolve()[0];
        _socket = LinkAddress.NewSocket(to);
        _socket.ReceiveTimeout = PatienceMilliseconds;
        if (_receiveBuffer > 0)
        {
            _socket.ReceiveBufferSize = _receiveBuffer;
        }

        _socket.Connect(to);
        _link = new FrameLink(_socket, new FrameScanner(FrameLimits.Coordinator), TimeProvider.System);
    }

    /// <summary>The next frame; payloads are passed over.</summary>
    private FrameKind Next()
    {
        var found = Link.Receive();
        NoteWeights();
        if (found == ScanEvent.Envelope)
        {
            Link.Scanner.Skip();
            Link.Receive();
        }

        if (_isReady && TimeProvider.System.GetElapsedTime(Link.SentAt) > Liveness.Default.Heartbeat)
        {
            Link.Send(FrameKind.Heartbeat, new Heartbeat());
        }

        switch (Link.Scanner.Kind)
        {
            case FrameKind.AssignSpan:
                _order = _reader.Read(Link.Scanner.Envelope).Clone();
                break;
            case FrameKind.Refusal or FrameKind.Dismissed:
                Refusal = Envelopes.Read(Backprop.Shared.Protocol.Refusal.Parser, Link.Scanner.Envelope);
                break;
            default:
                break;
        }

        return Link.Scanner.Kind;
    }

    private void NoteWeights()
    {
        if (Link.Scanner.Kind == FrameKind.Weights)
        {
            var part = _reader.Read(Link.Scanner.Envelope);
            Length = Math.Max(Length, part.Start + part.Elements);
        }
    }
}
