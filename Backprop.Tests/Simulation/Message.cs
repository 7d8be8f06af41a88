using Backprop.Shared.Gradients;

namespace Backprop.Tests.Simulation;

/// <summary>What travels between a coordinator and a worker process.</summary>
internal enum MessageKind
{
    /// <summary>A worker's first: who it is. The connection carries its instance and incarnation.</summary>
    Hello,

    /// <summary>The coordinator has admitted the connection; now the worker warms up.</summary>
    Admitted,

    /// <summary>The worker is warm: only now the core hears of it.</summary>
    Ready,

    /// <summary>One partition of the weights of so many completed steps; without partitions, all of them.</summary>
    Weights,

    /// <summary>Compute a span or some blocks.</summary>
    Assign,

    /// <summary>Do not compute them.</summary>
    Cancel,

    /// <summary>One partition of a span's gradient.</summary>
    Gradient,

    /// <summary>All partitions of the span were sent before; without partitions, the gradient itself.</summary>
    SpanDone,

    /// <summary>The results of evaluation blocks.</summary>
    BlocksDone,

    /// <summary>A layer threw in what is named; there will be no answer.</summary>
    Failed,

    /// <summary>The worker goes, by its own wish.</summary>
    Leave,

    /// <summary>Nothing else was sent for a while.</summary>
    Heartbeat,

    /// <summary>There is no place for the worker now.</summary>
    Refused,

    /// <summary>The worker is sent away for good.</summary>
    Dismissed,

    /// <summary>The other side's system says that the connection is over.</summary>
    Closed,
}

/// <summary>One message. A tagged value: the fields that a kind does not name are 0.</summary>
internal readonly record struct Message(MessageKind Kind)
{
    /// <summary>What is assigned, cancelled, answered or failed.</summary>
    public Assignment Work { get; init; }

    /// <summary>Of weights, how many completed steps they have.</summary>
    public int Step { get; init; }

    /// <summary>Which partition of a vector; -1: all of it.</summary>
    public int Part { get; init; }

    public int Generation { get; init; }

    /// <summary>The floats: of a partition only its own place counts.</summary>
    public Triple Vector { get; init; }

    public bool Finite { get; init; }

    public double Speed { get; init; }

    /// <summary>
    /// When it was handed to the system, and when its last byte had left: between the two it is the sender's memory that is read.
    /// </summary>
    public (long Given, long Left) Sent { get; init; }

    /// <summary>The messages that answer work: in a world of datagrams they are judged by what they say and not by how they came.</summary>
    public bool IsAnswer => Kind is MessageKind.Gradient or MessageKind.SpanDone or MessageKind.BlocksDone;

    /// <summary>True where it carries a partition of a vector, or all of one.</summary>
    public bool IsLarge => Kind is MessageKind.Weights or MessageKind.Gradient || (Kind == MessageKind.SpanDone && Part < 0);
}
