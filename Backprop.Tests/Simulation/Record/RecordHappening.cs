using Backprop.Coordinator.Cluster.Record;

namespace Backprop.Tests.Simulation.Record;

/// <summary>What can happen in a record's world.</summary>
internal enum RecordHappeningKind
{
    /// <summary>A node looks at its clock.</summary>
    Tick,

    /// <summary>A message arrives.</summary>
    Message,

    /// <summary>A node has fetched a file.</summary>
    Fetched,

    /// <summary>Something that concerns no process, or that a process cannot put off.</summary>
    Action,
}

/// <summary>Something that will happen, and to whom.</summary>
internal readonly record struct RecordHappening(RecordHappeningKind Kind, RecordNode? Node)
{
    /// <summary>The life of the node that it belongs to: a tick or a fetch ends with its process.</summary>
    public int Life { get; init; }

    /// <summary>Of a message: what it says.</summary>
    public RecordInput? Input { get; init; }

    /// <summary>Of a fetch: which file, and from whom.</summary>
    public (string Path, RecordNode From) File { get; init; }

    /// <summary>Of an action: what is done.</summary>
    public Action? Action { get; init; }
}
