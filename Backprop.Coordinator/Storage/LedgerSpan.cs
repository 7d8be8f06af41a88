namespace Backprop.Coordinator.Storage;

/// <summary>Who answered which shards of a step.</summary>
/// <param name="Worker">The worker's id.</param>
/// <param name="First">The first shard.</param>
/// <param name="Last">The last shard, itself included.</param>
internal readonly record struct LedgerSpan(int Worker, int First, int Last);
