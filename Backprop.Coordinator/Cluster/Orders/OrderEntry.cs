using System.Text.Json.Serialization;

namespace Backprop.Coordinator.Cluster.Orders;

/// <summary>What a line of a cluster's record tells. The names are on disk: never change one, only add.</summary>
internal enum EntryKind
{
    /// <summary>A node began to coordinate.</summary>
    Term,

    /// <summary>A run was submitted.</summary>
    Submitted,

    /// <summary>A run began.</summary>
    Began,

    /// <summary>A run ended.</summary>
    Ended,

    /// <summary>So many workers are to run.</summary>
    Scaled,

    /// <summary>A node or a worker is not to compute any more.</summary>
    Drained,

    /// <summary>It may again.</summary>
    Undrained,

    /// <summary>A run is to pause.</summary>
    Paused,

    /// <summary>It is to go on.</summary>
    Resumed,

    /// <summary>A run is to stop.</summary>
    StopOrdered,

    /// <summary>The nodes whose majority decides.</summary>
    Configured,

    /// <summary>A run's checkpoint is durable: no takeover goes back behind it.</summary>
    Durable,
}

/// <summary>One line of a cluster's record. What a kind does not need is left out.</summary>
/// <param name="Kind">What it tells.</param>
internal sealed record OrderEntry(EntryKind Kind)
{
    /// <summary>When it was written.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>The run's id; of a term, the id of the node that coordinates.</summary>
    public string? Of { get; init; }

    /// <summary>What the run, node or worker is called.</summary>
    public string? Name { get; init; }

    /// <summary>The submission's id.</summary>
    public string? Submission { get; init; }

    /// <summary>The run's data files.</summary>
    public IReadOnlyList<SubmittedFile>? Files { get; init; }

    /// <summary>How the run ended.</summary>
    public RunState? State { get; init; }

    /// <summary>The exit code that this has.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The same in words.</summary>
    public string? Message { get; init; }

    /// <summary>How many workers; which term; which step.</summary>
    public long? Count { get; init; }

    /// <summary>The ids of the nodes whose majority decides.</summary>
    public IReadOnlyList<string>? Voters { get; init; }

    /// <summary>The files that belong to it. Who has the entry has them.</summary>
    public IReadOnlyList<KeptFile>? Kept { get; init; }
}

/// <summary>A data file that came with a run.</summary>
/// <param name="Path">Where the run file has it.</param>
/// <param name="Sha256">Its hash in hexadecimal digits.</param>
/// <param name="Name">What it is called.</param>
internal sealed record SubmittedFile(string Path, string Sha256, string Name);

/// <summary>A file that every copy of the record has.</summary>
/// <param name="Path">Where it is, in a node's folder, with slashes.</param>
/// <param name="Length">How many bytes of it count; it may have grown since.</param>
/// <param name="Sha256">Their hash in hexadecimal digits.</param>
internal sealed record KeptFile(string Path, long Length, string Sha256);

/// <summary>How entries are written.</summary>
[JsonSerializable(typeof(OrderEntry))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
internal sealed partial class OrderEntryJson : JsonSerializerContext;
