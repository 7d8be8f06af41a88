namespace Backprop.Coordinator.Diagnostics;

/// <summary>A worker, as people know it.</summary>
/// <param name="Id">The coordinator's number for this connection; never used again.</param>
/// <param name="Name">What the worker calls itself.</param>
/// <param name="Address">Where it connected from.</param>
/// <param name="Slots">Its compute threads.</param>
internal sealed record WorkerInfo(int Id, string Name, string Address, int Slots);
