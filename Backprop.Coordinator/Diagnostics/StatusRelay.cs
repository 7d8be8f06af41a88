namespace Backprop.Coordinator.Diagnostics;

/// <summary>A status that begins before the run is known.</summary>
internal sealed class StatusRelay(IStatusSource first) : IStatusSource
{
    private volatile IStatusSource _source = first;

    /// <summary>From now on this one is asked.</summary>
    public void TurnTo(IStatusSource source) => _source = source;

    /// <inheritdoc/>
    public ClusterStatus Read() => _source.Read();
}
