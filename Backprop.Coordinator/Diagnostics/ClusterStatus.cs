namespace Backprop.Coordinator.Diagnostics;

/// <summary>What a coordinator does at one moment. Counters run from the start of the coordinator's process.</summary>
internal sealed record ClusterStatus
{
    /// <summary>The run's name; empty where there is none.</summary>
    public required string Run { get; init; }

    /// <summary>The run's identity.</summary>
    public required string Identity { get; init; }

    /// <summary>The program's version.</summary>
    public required string Version { get; init; }

    /// <summary>
    /// What it does: starting, waiting, computing, committing, evaluating, holding, paused, ending; at the end as the summary's status:
    /// completed, stopped, diverged, failed. A node without a run: joining (no member of a cluster yet), idle.
    /// </summary>
    public required string Phase { get; init; }

    /// <summary>How many steps of the run are committed.</summary>
    public required int Step { get; init; }

    /// <summary>How many steps the run will have.</summary>
    public required int Steps { get; init; }

    /// <summary>The 1-based epoch of the last step; 0 before the first.</summary>
    public required int Epoch { get; init; }

    /// <summary>How many epochs that is, the last one perhaps not whole.</summary>
    public required int Epochs { get; init; }

    /// <summary>The mean loss over the last whole epoch; before the first, over the steps so far; NaN before any.</summary>
    public required double Loss { get; init; }

    /// <summary>The last step's loss; NaN before the first.</summary>
    public required double StepLoss { get; init; }

    /// <summary>The last step's learning rate; NaN before the first.</summary>
    public required double Rate { get; init; }

    /// <summary>The last evaluation by metric, <c>loss</c> among them; empty before the first.</summary>
    public required IReadOnlyDictionary<string, double> Evaluation { get; init; }

    /// <summary>The best evaluation by metric; empty before the first.</summary>
    public required IReadOnlyDictionary<string, double> Best { get; init; }

    /// <summary>After how many steps that was; 0 before the first.</summary>
    public required long BestStep { get; init; }

    /// <summary>The step of the newest durable checkpoint; 0 before the first.</summary>
    public required long CheckpointStep { get; init; }

    /// <summary>The speed by the clock over the last ten seconds or so; 0 while the run waits or pauses and after its end.</summary>
    public required double SamplesPerSecond { get; init; }

    /// <summary>How long the rest will take at that speed; NaN where that cannot be told.</summary>
    public required double SecondsLeft { get; init; }

    /// <summary>Half of the last steps took at most this.</summary>
    public required double MedianStepMilliseconds { get; init; }

    /// <summary>95 % of the last steps took at most this.</summary>
    public required double P95StepMilliseconds { get; init; }

    /// <summary>The run waits while fewer workers are there.</summary>
    public required int WorkersMinimum { get; init; }

    /// <summary>More workers are not let in.</summary>
    public required int WorkersMaximum { get; init; }

    /// <summary>How many workers take part; those that prepare do not yet.</summary>
    public required int WorkersPresent { get; init; }

    /// <summary>Steps committed since the coordinator's start.</summary>
    public required long StepsCommitted { get; init; }

    /// <summary>Their samples.</summary>
    public required long SamplesCommitted { get; init; }

    /// <summary>Their time.</summary>
    public required double SecondsTraining { get; init; }

    /// <summary>Bytes sent to workers.</summary>
    public required long BytesSent { get; init; }

    /// <summary>Bytes received from workers.</summary>
    public required long BytesReceived { get; init; }

    /// <summary>How often a worker joined.</summary>
    public required long WorkersJoined { get; init; }

    /// <summary>How often a worker that had joined was lost; those that left by their own wish are not.</summary>
    public required long WorkersLost { get; init; }

    /// <summary>How many shards were given to a second worker.</summary>
    public required long ShardsComputedAgain { get; init; }

    /// <summary>How many answers came late or twice and were dropped unread.</summary>
    public required long AnswersDropped { get; init; }

    /// <summary>The workers, by id.</summary>
    public required IReadOnlyList<WorkerStatus> Workers { get; init; }
}
