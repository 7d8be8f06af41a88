using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Embedded;
using Backprop.Coordinator.Training;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Cluster;

/// <summary>
/// Makes a run with worker processes out of what a training session hands over. The port is opened before, so that one in use is known
/// before anything is written.
/// </summary>
internal sealed class ClusterEngines(PreparedRun run, ClusterOptions options, IClusterLog log, TimeProvider time) : IDisposable
{
    private readonly System.Net.Sockets.Socket _listener = Reception.Open(options);

    /// <summary>A coordinator that waits for workers from wherever they come.</summary>
    public ClusterRun Open(RunSetup setup, RunWeights weights, Checkpoint start, bool evaluationOwed, IRunObserver observer)
    {
        var files = new FileChunks(RunData.FilesOf(run.File));
        var offer = new RunOffer(run.File.Name, start.RunFile, start.Identity, start.InitHash, run.Data.Hash.AsSpan(), files);
        var rules = setup.Rules with
        {
            WorkersMinimum = options.WorkersMinimum,
            WorkersMaximum = options.WorkersMaximum,
            WorkersTimeout = options.WorkersTimeout,
            BlocksAtOnce = BlocksAtOnce(setup.Metrics.Count),
            Speculate = true,
            SpeedSmoothing = 0.5,
            SpeedMemory = TimeSpan.FromSeconds(0.1),

            // Between processes a hand-over can be late by itself; below this nobody is suspected of being slow.
            LateMinimum = TimeSpan.FromMilliseconds(20),
        };
        var board = new StatusBoard(run.File.Name, start.Identity, rules, (int)start.Step, time);
        return new ClusterRun(
            setup with { Rules = rules }, weights, start, evaluationOwed, offer, options, _listener, observer, log, board, time);
    }

    /// <summary>The same with worker processes of its own on this machine.</summary>
    public LocalCluster OpenLocal(
        int processes,
        Action<string> said,
        RunSetup setup,
        RunWeights weights,
        Checkpoint start,
        bool evaluationOwed,
        IRunObserver observer) =>
        new(Open(setup, weights, start, evaluationOwed, observer), processes, said, time);

    /// <summary>Of so many blocks the results, a loss and each metric in float64, are one frame.</summary>
    internal static int BlocksAtOnce(int metrics) => FrameFormat.ChunkBytes / (sizeof(double) * (1 + metrics));

    public void Dispose() => _listener.Dispose();
}
