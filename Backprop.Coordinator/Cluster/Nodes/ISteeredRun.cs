using Backprop.Coordinator.Diagnostics;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>
/// A run that is trained on another thread. Whoever steers it only posts: neither a step nor a checkpoint is made on its thread.
/// </summary>
internal interface ISteeredRun : IDisposable
{
    /// <summary>What the run does at this moment; null before it has begun.</summary>
    ClusterStatus? Status { get; }

    /// <summary>Has it pause, go on, or stop after its step, as was ordered.</summary>
    void Be(bool paused, bool stopped);

    /// <summary>Has it write a checkpoint after its step.</summary>
    void RequestCheckpoint();

    /// <summary>
    /// This node does not coordinate any more: the run stops after its step, with a checkpoint, and is not said to have ended.
    /// </summary>
    /// <returns>Whether it stopped in time.</returns>
    bool Fence(TimeSpan limit);
}

/// <summary>A run that a coordinator was given when it was started, and with which it ends.</summary>
/// <param name="Name">What its run file calls it.</param>
/// <param name="Steering">Steers it.</param>
internal sealed record GivenRun(string Name, ISteeredRun Steering);
