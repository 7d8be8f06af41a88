using Backprop.Shared.Protocol;

namespace Backprop.Worker.Shell;

/// <summary>What a worker process is told: whom to work for, and with what.</summary>
internal sealed record WorkerOptions
{
    public required LinkAddress Coordinator { get; init; }

    /// <summary>Compute threads.</summary>
    public required int Slots { get; init; }

    /// <summary>How often every span is computed, to play a slow worker; 1 in earnest.</summary>
    public int Times { get; init; } = 1;

    /// <summary>What it is called in the coordinator's log; printable ASCII.</summary>
    public required string Name { get; init; }

    /// <summary>The secret that both sides prove to know, or null.</summary>
    public JoinToken? Token { get; init; }

    /// <summary>Where data files are looked for first, or null.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Where data that the coordinator sent is kept.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>For how long an unreachable coordinator is tried; null: a minute before the first connection, five after one.</summary>
    public TimeSpan? GiveUp { get; init; }

    /// <summary>How long a connection may take until it is welcome.</summary>
    public TimeSpan GreetingTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
