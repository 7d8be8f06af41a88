namespace Backprop.Shared.Protocol;

/// <summary>
/// What a side takes from the other: which kinds, how long their envelopes and payloads may be, and of which unit a payload is a
/// multiple. Everything else is refused before memory is taken for it.
/// </summary>
internal sealed class FrameLimits
{
    private const int Refused = -1;
    private readonly int[] _payload = new int[(int)FrameKind.Secure + 1];
    private readonly string _who;

    private FrameLimits(string who, int envelopeBytes, params ReadOnlySpan<FrameKind> kinds)
    {
        _who = who;
        EnvelopeBytes = envelopeBytes;
        Array.Fill(_payload, Refused);
        foreach (var kind in kinds)
        {
            _payload[(int)kind] = PayloadBytes(kind);
        }
    }

    /// <summary>A coordinator's, before a link over a network is opened.</summary>
    public static FrameLimits Opening { get; } = new(
        "a connection that has shown no ticket",
        FrameFormat.StrangerEnvelopeBytes,
        FrameKind.Open);

    /// <summary>A coordinator's, before a process of its own has joined over a local link.</summary>
    public static FrameLimits Joining { get; } = new(
        "a worker that has not joined",
        FrameFormat.StrangerEnvelopeBytes,
        FrameKind.Join);

    /// <summary>A coordinator's, for an admitted worker.</summary>
    public static FrameLimits Worker { get; } = new(
        "a worker",
        FrameFormat.EnvelopeBytes,
        FrameKind.Ready,
        FrameKind.Gradient,
        FrameKind.SpanDone,
        FrameKind.BlocksDone,
        FrameKind.Failure,
        FrameKind.Leave,
        FrameKind.Heartbeat);

    /// <summary>A worker's on a local link, until it has joined.</summary>
    public static FrameLimits Awaiting { get; } = new(
        "a coordinator that has not let this worker in",
        FrameFormat.EnvelopeBytes,
        FrameKind.Joined,
        FrameKind.Refusal);

    /// <summary>A worker's on a link over a network that is to be TLS, until it is.</summary>
    public static FrameLimits Securing { get; } = new(
        "a coordinator before TLS",
        FrameFormat.StrangerEnvelopeBytes,
        FrameKind.Secure);

    /// <summary>A worker's, once it is welcome.</summary>
    public static FrameLimits Coordinator { get; } = new(
        "a coordinator",
        FrameFormat.EnvelopeBytes,
        FrameKind.Weights,
        FrameKind.AssignSpan,
        FrameKind.AssignBlocks,
        FrameKind.Cancel,
        FrameKind.Heartbeat,
        FrameKind.Refusal,
        FrameKind.Dismissed,
        FrameKind.Finished);

    /// <summary>The longest envelope.</summary>
    public int EnvelopeBytes { get; }

    /// <summary>Throws unless a frame of this kind and these lengths is one that is taken here.</summary>
    public void Check(FrameKind kind, int envelopeLength, uint payloadLength)
    {
        var most = _payload[(int)kind];
        if (most == Refused)
        {
            throw new ProtocolException($"A frame {kind} is not what {_who} may send.");
        }

        if (envelopeLength > EnvelopeBytes)
        {
            throw new ProtocolException($"A frame {kind} announced an envelope of {envelopeLength} bytes; {EnvelopeBytes} are allowed.");
        }

        if (payloadLength > (uint)most)
        {
            throw new ProtocolException($"A frame {kind} announced a payload of {payloadLength} bytes; {most} are allowed.");
        }

        var unit = Unit(kind);
        if (payloadLength % unit != 0)
        {
            throw new ProtocolException($"A frame {kind} announced a payload of {payloadLength} bytes, which is not a multiple of {unit}.");
        }
    }

    private static int PayloadBytes(FrameKind kind) => kind switch
    {
        FrameKind.Joined => FrameFormat.RunFileBytes,
        FrameKind.Weights or FrameKind.Gradient or FrameKind.BlocksDone => FrameFormat.ChunkBytes,
        _ => 0,
    };

    private static uint Unit(FrameKind kind) => kind switch
    {
        FrameKind.Weights or FrameKind.Gradient => sizeof(float),
        FrameKind.BlocksDone => sizeof(double),
        _ => 1,
    };
}
