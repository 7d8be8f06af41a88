namespace Backprop.Shared.Protocol;

/// <summary>What a frame is. The numbers are on the wire: never change one, only add.</summary>
internal enum FrameKind : byte
{
    /// <summary>Coordinator: who I am, and prove that you know the token.</summary>
    Challenge = 1,

    /// <summary>Worker: who I am, and the proof.</summary>
    Hello = 2,

    /// <summary>Coordinator: you are in.</summary>
    Welcome = 3,

    /// <summary>Coordinator: you are not, and why.</summary>
    Refusal = 4,

    /// <summary>Coordinator: the run; payload: its run file.</summary>
    Run = 5,

    /// <summary>Worker: a piece of a data file, please.</summary>
    FileRequest = 6,

    /// <summary>Coordinator: the piece.</summary>
    FileChunk = 7,

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
}
