using Backprop.Shared.Identity;
using Backprop.Shared.Protocol;

namespace Backprop.Worker.Shell;

/// <summary>What a worker process is told: whom to work for, and with what.</summary>
internal sealed record WorkerOptions
{
    /// <summary>Where a coordinator may be, in the order in which they are asked; a name inside this machine is alone.</summary>
    public required IReadOnlyList<LinkAddress> Coordinators { get; init; }

    /// <summary>Where links are opened, if another port leads there than the coordinator says; null: that one.</summary>
    public int? LinkPort { get; init; }

    /// <summary>Compute threads.</summary>
    public required int Slots { get; init; }

    /// <summary>How often every span is computed, to play a slow worker; 1 in earnest.</summary>
    public int Times { get; init; } = 1;

    /// <summary>What it is called in the coordinator's log; printable ASCII.</summary>
    public required string Name { get; init; }

    /// <summary>The secret that the coordinator asks for, or null.</summary>
    public JoinToken? Token { get; init; }

    /// <summary>What it shows of itself, and whom it believes; null: nothing, and all travels in the clear.</summary>
    public IdentityFolder? Identity { get; init; }

    /// <summary>The token may go to another machine in the clear.</summary>
    public bool IsInsecure { get; init; }

    /// <summary>It asks again when a run is over, and never gives up.</summary>
    public bool Stays { get; init; }

    /// <summary>Where data files are looked for first, or null.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Where data that the coordinator sent is kept.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>For how long an unreachable coordinator is tried; null: a minute before the first connection, five after one.</summary>
    public TimeSpan? GiveUp { get; init; }

    /// <summary>How long a coordinator that has a run may take to let this worker in.</summary>
    public TimeSpan GreetingTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The coordinator is the process of this machine that started this one.</summary>
    public bool IsLocal => Coordinators[0].LocalName is not null;
}
