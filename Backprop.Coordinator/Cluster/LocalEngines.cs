using Backprop.Coordinator.Core;
using Backprop.Coordinator.Training;
using Backprop.Shared.Models;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Cluster;

/// <summary>Worker processes of its own on this machine.</summary>
/// <param name="cluster">The coordinator that they connect to.</param>
/// <param name="processes">How many, a slot each.</param>
/// <param name="said">Told what people should know of them.</param>
/// <param name="time">The clock.</param>
internal sealed class LocalEngines(ClusterEngines cluster, int processes, Action<string> said, TimeProvider time) : IRunEngines
{
    /// <inheritdoc/>
    public Rules Adapt(Rules rules) => cluster.Adapt(rules);

    /// <inheritdoc/>
    public MemoryNeed NeedOf(PreparedRun run, MemoryNeed kept) => kept
        .And("gradients", run.Model.Layout.Length, 1 + (RunMemory.GradientsOfWorker * processes))
        .And("values between layers", MemoryNeed.ValuesOf(run.Model, Math.Min(run.File.Batch, run.Data.Train.Count)));

    /// <inheritdoc/>
    public IRunEngine Open(RunStart start) => new LocalCluster(cluster.OpenCluster(start), processes, said, time);

    /// <inheritdoc/>
    public void Dispose() => cluster.Dispose();
}
