using Backprop.Shared.Tensors;

namespace Backprop.Worker.Shell;

/// <summary>A span's gradient on its way: what it answers, how much of it is final, and what has been sent of it.</summary>
internal sealed class SpanReply
{
    public int Step { get; set; }

    public int First { get; set; }

    public int Count { get; set; }

    /// <summary>The assignment's number. Where it changes, everything is sent again under the new one.</summary>
    public int Attempt { get; set; }

    /// <summary>The flat gradient.</summary>
    public FlatVector Vector { get; set; }

    /// <summary>The elements from here on are final.</summary>
    public int Ready { get; set; }

    /// <summary>The partition to be sent next; -1: all are.</summary>
    public int Next { get; set; }

    /// <summary>The whole span's, once <see cref="IsComplete"/>.</summary>
    public double Loss { get; set; }

    /// <summary>What is said of it, once <see cref="IsComplete"/>.</summary>
    public bool IsFinite { get; set; }

    /// <summary>Computed, and wanted: the end may be sent.</summary>
    public bool IsComplete { get; set; }

    /// <summary>Nobody wants it any more.</summary>
    public bool IsDropped { get; set; }
}
