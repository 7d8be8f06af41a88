using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Cluster.Links;

/// <summary>The run as workers are offered it.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Offer">What they are told of it.</param>
/// <param name="Files">Reads the data files that they may ask for.</param>
internal sealed record OfferedRun(string Name, RunOffer Offer, FileChunks Files) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Files.Dispose();
}
