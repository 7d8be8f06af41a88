namespace Backprop.Coordinator.Cluster.Record;

/// <summary>
/// What comes of an input. The shell saves what of the promise and the log has changed; then, and only then, it does the rest.
/// </summary>
/// <param name="State">The new state.</param>
internal readonly record struct RecordOutput(RecordState State)
{
    /// <summary>The answer to a node that asked for a promise.</summary>
    public PromiseAnswer? Promise { get; init; }

    /// <summary>The answer to a leader that sent entries.</summary>
    public EntriesAnswer? Entries { get; init; }

    /// <summary>All other voters are to be asked for promises.</summary>
    public RecordInput.PromiseAsked? Asks { get; init; }

    /// <summary>The others are to be sent what is new at once, not with the next heartbeat.</summary>
    public bool Sends { get; init; }

    /// <summary>What was proposed is refused: this node does not lead, or the voters cannot be changed so.</summary>
    public bool IsRefused { get; init; }
}

/// <summary>Whether a node promises.</summary>
internal readonly record struct PromiseAnswer(bool IsGiven, long Promised);

/// <summary>Whether a node took entries.</summary>
internal readonly record struct EntriesAnswer(bool IsTaken, long Matched, long Promised);
