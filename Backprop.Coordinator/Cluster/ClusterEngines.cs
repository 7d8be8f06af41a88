using Backprop.Coordinator.Cluster.Links;
using Backprop.Coordinator.Cluster.Listening;
using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Training;
using Backprop.Shared.Models;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Cluster;

/// <summary>
/// A coordinator that waits for workers from wherever they come. Ports are opened before a run begins, so that one in use is known before
/// anything is written.
/// </summary>
/// <param name="run">The run.</param>
/// <param name="ports">Where workers come to, where somebody keeps that open over many runs; null: it is opened for this one.</param>
internal sealed class ClusterEngines(
    PreparedRun run, ClusterOptions options, ILogger log, WorkerLog workers, TimeProvider time, ClusterPorts? ports = null) : IRunEngines
{
    private readonly ClusterPorts _ports = ports
        ?? ClusterPorts.Open(options, workers.Refused, time);

    private readonly bool _isOwner = ports is null;

    /// <inheritdoc/>
    public Rules Adapt(Rules rules) => rules with
    {
        WorkersMinimum = options.WorkersMinimum,
        WorkersMaximum = options.WorkersMaximum,
        WorkersTimeout = options.WorkersTimeout,
        BlocksAtOnce = BlocksAtOnce(run.Metrics.Count),
        Speculate = true,
        RetryLayers = true,
        SpeedSmoothing = 0.5,
        SpeedMemory = TimeSpan.FromSeconds(0.1),

        // Between processes a hand-over can be late by itself; below this nobody is suspected of being slow.
        LateMinimum = TimeSpan.FromMilliseconds(20),
    };

    /// <inheritdoc/>
    public MemoryNeed NeedOf(PreparedRun of, MemoryNeed kept) => kept.And(
        "gradients", of.Model.Layout.Length, 1 + Math.Min(Math.Max(1, options.WorkersMinimum), of.File.Shards));

    /// <inheritdoc/>
    public IRunEngine Open(RunStart start) => OpenCluster(start);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isOwner)
        {
            _ports.Dispose();
        }
    }

    /// <summary>The engine, as a cluster.</summary>
    internal ClusterRun OpenCluster(RunStart start)
    {
        var files = new FileChunks(RunData.FilesOf(run.File));
        var offer = new RunOffer(
            start.Start.Identity,
            run.Data.Hash.ToArray(),
            Convert.FromHexString(start.Start.InitHash),
            start.Start.RunFile,
            [.. files.Files.Select((file, index) => new OfferedFile(index, file.Name, file.Path, file.Size, file.Sha256))]);
        return new ClusterRun(start, new OfferedRun(run.File.Name, offer, files), options, _ports, log, workers, time);
    }

    /// <summary>Of so many blocks the results, a loss and each metric in float64, are one frame.</summary>
    internal static int BlocksAtOnce(int metrics) => FrameFormat.ChunkBytes / (sizeof(double) * (1 + metrics));
}
