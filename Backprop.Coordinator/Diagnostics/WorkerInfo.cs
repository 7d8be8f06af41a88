namespace Backprop.Coordinator.Diagnostics;

/// <summary>A worker, as people know it.</summary>
/// <param name="Id">The coordinator's number for this connection; never used again.</param>
/// <param name="Name">What the worker calls itself.</param>
/// <param name="Address">Where it connected from.</param>
/// <param name="Slots">Its compute threads.</param>
internal sealed record WorkerInfo(int Id, string Name, string Address, int Slots)
{
    /// <summary>Weights and gradients are in memory that both see; nothing of them travels.</summary>
    public bool SharesMemory { get; init; }

    /// <summary>Where it is, and whether it shares memory.</summary>
    public string Place => SharesMemory ? $"{Address}, memory shared" : Address;
}
