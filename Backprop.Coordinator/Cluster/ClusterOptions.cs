using Backprop.Shared.Identity;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster;

/// <summary>Where a run with worker processes takes place. Nothing here changes what comes out.</summary>
internal sealed record ClusterOptions
{
    /// <summary>Where workers ask; links have a port of their own beside it. Port 0: any two free ones.</summary>
    public required LinkAddress Listen { get; init; }

    /// <summary>What workers must know to be admitted; null: only this machine can connect.</summary>
    public JoinToken? Token { get; init; }

    /// <summary>What this side shows of itself, and whom it believes; null: nothing, and all travels in the clear.</summary>
    public IdentityFolder? Identity { get; init; }

    /// <summary>Other machines may connect although nothing that travels is encrypted.</summary>
    public bool IsInsecure { get; init; }

    /// <summary>The cluster's id; empty: there is none.</summary>
    public string Cluster { get; init; } = "";

    /// <summary>Which of those that have coordinated the cluster this is; it only grows.</summary>
    public long Term { get; init; } = 1;

    /// <summary>Below so many workers the run waits.</summary>
    public int WorkersMinimum { get; init; } = 1;

    /// <summary>A worker beyond so many is refused.</summary>
    public int WorkersMaximum { get; init; } = 64;

    /// <summary>How long the run waits for its minimum before it ends; infinite by default.</summary>
    public TimeSpan WorkersTimeout { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>How often a heartbeat is sent, and how long a silence is too long.</summary>
    public Liveness Liveness { get; init; } = Liveness.Default;

    /// <summary>A link on which a worker has not said who it is after so long is closed.</summary>
    public TimeSpan OpeningLimit { get; init; } = TimeSpan.FromSeconds(5);

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
