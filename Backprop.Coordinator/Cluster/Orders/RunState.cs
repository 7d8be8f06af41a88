namespace Backprop.Coordinator.Cluster.Orders;

/// <summary>What has become of a run that was submitted.</summary>
internal enum RunState
{
    /// <summary>Others are before it, or it is about to begin.</summary>
    Waiting,

    /// <summary>It is trained.</summary>
    Running,

    /// <summary>It was begun, and somebody paused it.</summary>
    Paused,

    /// <summary>It came to its end.</summary>
    Completed,

    /// <summary>Somebody stopped it.</summary>
    Stopped,

    /// <summary>A value became NaN or infinite.</summary>
    Diverged,

    /// <summary>Something else ended it.</summary>
    Failed,
}

/// <summary>What follows from a <see cref="RunState"/>.</summary>
internal static class RunStates
{
    /// <summary>It will not go on.</summary>
    public static bool IsEnded(this RunState state) => state >= RunState.Completed;

    /// <summary>The word for people.</summary>
    public static string Word(this RunState state) => state.ToString().ToLowerInvariant();
}
