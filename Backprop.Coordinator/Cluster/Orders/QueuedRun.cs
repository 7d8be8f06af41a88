namespace Backprop.Coordinator.Cluster.Orders;

/// <summary>A run that was submitted, and what has become of it.</summary>
/// <param name="Id">What the cluster calls it; also its folder's name.</param>
/// <param name="Name">What its run file calls it.</param>
/// <param name="Submission">The same for the same run file and data.</param>
/// <param name="Files">Its data files.</param>
internal sealed record QueuedRun(string Id, string Name, string Submission, IReadOnlyList<SubmittedFile> Files)
{
    /// <summary>What has become of it.</summary>
    public RunState State { get; init; }

    /// <summary>It was begun: its folder may have a record to go on from.</summary>
    public bool HasBegun { get; init; }

    /// <summary>Somebody wants it to stop.</summary>
    public bool StopOrdered { get; init; }

    /// <summary>Somebody wants it to pause.</summary>
    public bool PauseOrdered { get; init; }

    /// <summary>With which exit code it ended.</summary>
    public int ExitCode { get; init; }

    /// <summary>How it ended, in words.</summary>
    public string Message { get; init; } = "";
}
