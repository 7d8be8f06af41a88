namespace Backprop.Shared.Protocol;

/// <summary>
/// What a frame is. The numbers are on the wire: never change one, only add. 1 to 3 and 5 to 7 were of protocol version 1.
/// </summary>
internal enum FrameKind : byte
{
    /// <summary>Coordinator: you are not, and why.</summary>
    Refusal = 4,

    /// <summary>Worker: warm; only now it counts.</summary>
    Ready = 8,

    /// <summary>Coordinator: a partition of a step's weights.</summary>
    Weights = 9,

    /// <summary>Coordinator: compute these shards.</summary>
    AssignSpan = 10,

    /// <summary>Coordinator: evaluate these blocks.</summary>
    AssignBlocks = 11,

    /// <summary>Coordinator: these are not needed any more.</summary>
    Cancel = 12,

    /// <summary>Worker: a partition of a span's gradient.</summary>
    Gradient = 13,

    /// <summary>Worker: the span is whole.</summary>
    SpanDone = 14,

    /// <summary>Worker: the sums of the blocks.</summary>
    BlocksDone = 15,

    /// <summary>Worker: a layer threw.</summary>
    Failure = 16,

    /// <summary>Worker: I go.</summary>
    Leave = 17,

    /// <summary>Both: I am here.</summary>
    Heartbeat = 18,

    /// <summary>Coordinator: go, and do not come back.</summary>
    Dismissed = 19,

    /// <summary>Coordinator: the run is over.</summary>
    Finished = 20,

    /// <summary>Worker, the first frame of a link over a network: the ticket that Join gave.</summary>
    Open = 21,

    /// <summary>Worker, the first frame of a local link: it asks to take part.</summary>
    Join = 22,

    /// <summary>Coordinator, on a local link: you are in; payload: the run file.</summary>
    Joined = 23,

    /// <summary>Coordinator, on a link over a network where both sides have an identity: your ticket is known, begin TLS.</summary>
    Secure = 24,
}
