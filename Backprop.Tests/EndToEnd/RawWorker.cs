using System.Net.Sockets;
using System.Security.Cryptography;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Tests.Shared.Protocol;
using Google.Protobuf;

namespace Backprop.Tests.EndToEnd;

/// <summary>Somebody at a coordinator's port who says word by word what a test wants: also what no worker would.</summary>
internal sealed class RawWorker : IDisposable
{
    private const int PatienceMilliseconds = 20_000;
    private readonly Socket _socket;
    private readonly StepEnvelopeReader _reader = new();
    private StepEnvelope? _order;
    private Challenge? _challenge;
    private bool _isReady;

    /// <param name="address">The coordinator's, <c>host:port</c> or a name inside this machine.</param>
    /// <param name="receiveBuffer">How many bytes may wait to be read by it; 0: as the system has it.</param>
    public RawWorker(string address, int receiveBuffer = 0)
    {
        var to = LinkAddress.Parse(address, "address").Resolve()[0];
        _socket = LinkAddress.NewSocket(to);
        _socket.ReceiveTimeout = PatienceMilliseconds;
        if (receiveBuffer > 0)
        {
            _socket.ReceiveBufferSize = receiveBuffer;
        }

        _socket.Connect(to);
        Link = new FrameLink(_socket, new FrameScanner(FrameLimits.Greeting), TimeProvider.System);
    }

    public FrameLink Link { get; }

    /// <summary>Its instance; a test may give it another's.</summary>
    public ByteString Instance { get; init; } = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(Handshake.InstanceBytes));

    public long Incarnation { get; init; } = 1;

    public string Name { get; init; } = "raw";

    /// <summary>What it was sent away with.</summary>
    public Refusal? Refusal { get; private set; }

    /// <summary>What it was offered to share.</summary>
    public SharedMemory? Memory { get; private set; }

    /// <summary>The length of the model's flat vector, from the weights.</summary>
    public int Length { get; private set; }

    /// <summary>The greeting's first half.</summary>
    /// <param name="spoil">Makes the greeting wrong, after it was proved.</param>
    public void Greet(JoinToken? token, Action<Hello>? spoil = null)
    {
        Next().ShouldBe(FrameKind.Challenge);
        _challenge = Envelopes.Read(Challenge.Parser, Link.Scanner.Envelope);
        var nonce = RandomNumberGenerator.GetBytes(Handshake.NonceBytes);
        var hello = Handshake.Hello(_challenge, nonce, token, new WorkerIdentity(Name, Instance, Incarnation, 1, ""));
        spoil?.Invoke(hello);
        Link.Send(FrameKind.Hello, hello);
    }

    /// <summary>Is let in, and receives the run.</summary>
    public RawWorker Enter(JoinToken? token)
    {
        Greet(token);
        Next().ShouldBe(FrameKind.Welcome);
        Memory = Envelopes.Read(Welcome.Parser, Link.Scanner.Envelope).Memory;
        Link.Scanner.Limits = FrameLimits.Coordinator;
        Next().ShouldBe(FrameKind.Run);
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
            _socket.Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectError);
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

    /// <summary>It was told why it may not come in, with a code for its person, and the connection was closed.</summary>
    public void ShouldBeRefused(ExitCode code, params string[] parts)
    {
        ShouldBeClosed().Refusal.ShouldNotBeNull();
        Refusal!.ExitCode.ShouldBe((int)code);
        foreach (var part in parts)
        {
            Refusal.Reason.ShouldContain(part);
        }
    }

    /// <summary>Sends a part of a gradient for a span, all elements of the same value but for the first.</summary>
    public void SendGradient(StepEnvelope span, int start, int elements, float first = 0.001f, int? payloadElements = null)
    {
        var values = new float[payloadElements ?? elements];
        Array.Fill(values, 0.001f);
        values[0] = first;
        var part = span.Clone();
        (part.Start, part.Elements, part.Generation) = (start, elements, 0);
        Link.Send<float>(FrameKind.Gradient, part, values);
    }

    /// <summary>Says that a span is answered.</summary>
    public void SendDone(StepEnvelope span, double loss = 1, bool finite = true)
    {
        var done = span.Clone();
        (done.Loss, done.Finite, done.Generation) = (loss, finite, 0);
        Link.Send(FrameKind.SpanDone, done);
    }

    /// <summary>A whole answer, in one part.</summary>
    public void SendWholeSpan(StepEnvelope span, float first = 0.001f)
    {
        SendGradient(span, 0, Length, first);
        SendDone(span);
    }

    /// <summary>Bytes as they are, frames or not.</summary>
    public void SendRaw(ReadOnlySpan<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[_socket.Send(bytes)..];
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

    public void Dispose() => Link.Dispose();

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
