using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster;

/// <summary>Where a run with worker processes takes place. Nothing here changes what comes out.</summary>
internal sealed record ClusterOptions
{
    /// <summary>Where workers connect; port 0: any free one.</summary>
    public required LinkAddress Listen { get; init; }

    /// <summary>What workers must know to be admitted; null: only this machine can connect.</summary>
    public JoinToken? Token { get; init; }

    /// <summary>Below so many workers the run waits.</summary>
    public int WorkersMinimum { get; init; } = 1;

    /// <summary>A worker beyond so many is refused.</summary>
    public int WorkersMaximum { get; init; } = 64;

    /// <summary>How long the run waits for its minimum before it ends; infinite by default.</summary>
    public TimeSpan WorkersTimeout { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>How often a heartbeat is sent, and how long a silence is too long.</summary>
    public Liveness Liveness { get; init; } = Liveness.Default;

    /// <summary>A connection that has not shown itself to be a worker after so long is closed.</summary>
    public TimeSpan HandshakeLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Threads that share the reduction and the update of a large model.</summary>
    public int CommitThreads { get; init; } = Environment.ProcessorCount;

    /// <summary>For worker processes that the run starts itself.</summary>
    /// <param name="processes">How many.</param>
    /// <param name="minimum">Below so many it waits.</param>
    public static ClusterOptions ForThisMachine(int processes, int minimum) => new()
    {
        Listen = LinkAddress.Own(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16)),
        WorkersMinimum = minimum,
        WorkersMaximum = processes,
        WorkersTimeout = TimeSpan.FromSeconds(120),
    };
}
