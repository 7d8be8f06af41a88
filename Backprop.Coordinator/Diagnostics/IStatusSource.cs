namespace Backprop.Coordinator.Diagnostics;

/// <summary>Gives out what the status page shows.</summary>
internal interface IStatusSource
{
    /// <summary>The status of this moment. From any thread; never makes a step wait.</summary>
    ClusterStatus Read();
}
