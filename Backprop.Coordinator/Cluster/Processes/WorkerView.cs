namespace Backprop.Coordinator.Cluster.Processes;

/// <summary>What there is to see of a worker process at one moment.</summary>
/// <param name="Number">From 1 on.</param>
/// <param name="ProcessId">0: there is no process.</param>
/// <param name="Restarts">How often it was started again after it had ended by itself.</param>
/// <param name="LastEnd">How it ended last, in words; empty: never.</param>
internal sealed record WorkerView(int Number, string Name, int ProcessId, WorkerState State, int Restarts, string LastEnd);
