using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Training;
using Backprop.Shared.Models;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>
/// A coordinator that was given its run: a node that founds a cluster for it and ends with it. The node's folder is in the run's.
/// </summary>
/// <param name="host">The node; this one's from now on.</param>
/// <param name="engines">What carries the run, with the node's ports.</param>
/// <param name="status">What the run does.</param>
/// <param name="log">Told what went wrong with the cluster, which ends no run.</param>
internal sealed class GivenEngines(NodeHost host, ClusterEngines engines, PreparedRun run, IStatusSource status, ILogger log) : IRunEngines
{
    private readonly CancellationTokenSource _ending = new();
    private SteeredEngine? _steered;
    private Task _membership = Task.CompletedTask;

    /// <summary>The run's folder, once it is chosen.</summary>
    public required Func<string?> Folder { get; init; }

    /// <inheritdoc/>
    public Rules Adapt(Rules rules) => engines.Adapt(rules);

    /// <inheritdoc/>
    public MemoryNeed NeedOf(PreparedRun of, MemoryNeed kept) => engines.NeedOf(of, kept);

    /// <inheritdoc/>
    public IRunEngine Open(RunStart start)
    {
        var engine = engines.Open(start);
        _steered = new SteeredEngine(engine, status);
        var given = new GivenRun(run.File.Name, _steered);
        var folder = Path.Combine(Folder() ?? throw new InvalidOperationException("The run has no folder yet."), "cluster");
        if (Directory.Exists(folder))
        {
            // Of a coordinator before this one: its cluster ended with it.
            Directory.Delete(folder, recursive: true);
        }

        _membership = Task.Run(() => StayAsync(folder, given));
        return engine;
    }

    /// <summary>Whatever goes wrong with the cluster, the run has its own end.</summary>
    private async Task StayAsync(string folder, GivenRun given)
    {
        try
        {
            await host.StayAsync(folder, given, _ending.Token);
        }
#pragma warning disable CA1031 // As said.
        catch (Exception problem)
#pragma warning restore CA1031
        {
            log.Warned($"no orders from elsewhere can be taken: {(problem as UserException)?.Message ?? Shown.Reason(problem)}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _steered?.Dispose();
        _ending.Cancel();
        _membership.GetAwaiter().GetResult();
        host.Dispose();
        engines.Dispose();
        _ending.Dispose();
    }

    /// <summary>Steers an engine that another thread runs, until that has ended.</summary>
    private sealed class SteeredEngine(IRunEngine engine, IStatusSource status) : ISteeredRun
    {
        private readonly ManualResetEventSlim _ended = new();
        private bool _paused;

        public ClusterStatus? Status => status.Read();

        public void Be(bool paused, bool stopped)
        {
            if (_ended.IsSet)
            {
                return;
            }

            if (paused != _paused)
            {
                _paused = paused;
                (paused ? (Action)engine.Pause : engine.Resume)();
            }

            if (stopped)
            {
                engine.RequestStop();
            }
        }

        public void RequestCheckpoint()
        {
            if (!_ended.IsSet)
            {
                engine.RequestCheckpoint();
            }
        }

        public bool Fence(TimeSpan limit)
        {
            Be(_paused, stopped: true);
            return _ended.Wait(limit);
        }

        public void Dispose() => _ended.Set();
    }
}
