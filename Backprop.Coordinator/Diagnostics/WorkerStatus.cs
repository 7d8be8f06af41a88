namespace Backprop.Coordinator.Diagnostics;

/// <summary>A worker in a <see cref="ClusterStatus"/>.</summary>
internal sealed record WorkerStatus
{
    /// <summary>The coordinator's number for this connection.</summary>
    public required int Id { get; init; }

    /// <summary>What the worker calls itself.</summary>
    public required string Name { get; init; }

    /// <summary>Where it connected from.</summary>
    public required string Address { get; init; }

    /// <summary>What it does: preparing, computing, idle, suspected.</summary>
    public required string State { get; init; }

    /// <summary>Its compute threads.</summary>
    public required int Slots { get; init; }

    /// <summary>How fast it computes.</summary>
    public required double SamplesPerSecond { get; init; }

    /// <summary>How many of its shards were taken.</summary>
    public required long Shards { get; init; }

    /// <summary>Bytes sent to it.</summary>
    public required long BytesSent { get; init; }

    /// <summary>Bytes received from it.</summary>
    public required long BytesReceived { get; init; }

    /// <summary>How long ago it was last heard.</summary>
    public required double LastHeardSeconds { get; init; }
}
