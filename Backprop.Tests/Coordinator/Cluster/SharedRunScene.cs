using Backprop.Coordinator.Cluster;
using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Training;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Runs;
using Backprop.Tests.EndToEnd;
using Backprop.Tests.Golden;
using Backprop.Tests.TestUtilities;
using Backprop.Worker.Shell;
using Backprop.Worker.Training;
using Microsoft.Extensions.Logging.Abstractions;

namespace Backprop.Tests.Coordinator.Cluster;

/// <summary>A coordinator and workers as threads of this process, which meet as processes of one machine do.</summary>
internal sealed class SharedRunScene : IDisposable
{
    public const int Steps = 60;

    private const string Yaml = """
        name: shared
        seed: 5
        data: { train: { kind: synthetic, samples: 300, inputs: 20, classes: 4 }, test: { fraction: 0.2 } }
        model: [{ linear: { out: 300 } }, relu, { linear: { out: 40 } }, tanh, { linear: { out: 4 } }]
        loss: cross-entropy
        optimizer: { kind: adam, rate: 0.01 }
        batch: 24
        clip: { norm: 0.5 }
        shards: 8
        steps: 60
        evaluate: { everySteps: 7, metrics: [accuracy] }
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly List<(WorkerProcess Worker, Thread Thread)> _workers = [];
    private readonly ClusterEngines _engines;
    private readonly RunWeights _weights;
    private readonly ClusterRun _run;
    private readonly StatusBoard _board;
    private readonly Thread _thread;

    /// <param name="observer">Told what happens; null: nobody is.</param>
    public SharedRunScene(IRunObserver? observer = null)
    {
        Run = GoldenRuns.Parse(Yaml);
        var setup = Run.Setup(null, keepsRecord: true);
        _weights = new RunWeights(Run.Model, Run.File.Optimizer, shared: true);
        Run.Model.Initialize(Run.File.Seed, _weights.Weights.Span);
        var (time, progress) = (TimeProvider.System, new RunProgress(setup.Rules, TimeProvider.System));
        var workers = new WorkerLog(NullLogger.Instance, setup.Rules.Shards, progress, time);
        _engines = new ClusterEngines(Run, ClusterOptions.ForThisMachine(5, minimum: 1), NullLogger.Instance, workers, time);
        setup = setup with { Rules = _engines.Adapt(setup.Rules) };
        _board = new StatusBoard(setup.Rules, 0);
        observer ??= new NoRecord();
        _run = _engines.OpenCluster(new RunStart(setup, _weights, RunBeginning.Template(Run, ""), false, observer, _board));
        _thread = new Thread(_run.Execute);
        _thread.Start();
    }

    public PreparedRun Run { get; }

    public RunTraffic Traffic => _run.Traffic;

    /// <summary>What people ask of the run.</summary>
    public IRunEngine Asked => _run;

    /// <summary>What the status page says that the run does.</summary>
    public string Phase => _board.Copy(new double[StatusBoard.StepsKept]).Phase;

    /// <summary>An honest worker, as the worker's program has it.</summary>
    /// <param name="slots">Its compute threads.</param>
    public void Join(int slots = 1)
    {
        var options = new WorkerOptions
        {
            Coordinators = [_run.Address],
            Slots = slots,
            Name = "honest",
            CacheFolder = _folder.Path,
        };
        var worker = new WorkerProcess(options, static _ => { }, TimeProvider.System);
        var thread = new Thread(() => worker.Run());
        thread.Start();
        _workers.Add((worker, thread));
    }

    /// <summary>A worker that a test plays; it has not said yet that it is ready.</summary>
    public RawWorker Enter() => new RawWorker(_run.Address.ToString()).Enter(null);

    /// <summary>A worker that a test plays, and the memory that it shares.</summary>
    public RawWorker Share(out SharedRun shared)
    {
        var worker = new RawWorker(_run.Address.ToString()).Join(null, shares: true);
        shared = SharedRun.TryOpen(worker.Memory, worker.Link.PeerProcess, Run.Model.Layout.Length)!;
        return worker;
    }

    /// <summary>Waits for the end: the weights are those of a run in this process alone.</summary>
    public void ShouldEndAsUndisturbed()
    {
        _thread.Join(TimeSpan.FromSeconds(60)).ShouldBeTrue();
        _run.Failure.ShouldBeNull();
        _run.Outcome.ShouldBe(RunOutcome.Completed);
        WeightsHash.Compute(_weights.Layout, _weights.Weights.Span).ShouldBe(GoldenRuns.HashOf(Run, 2));
    }

    public void Dispose()
    {
        _run.RequestStop();
        _thread.Join();
        foreach (var (worker, thread) in _workers)
        {
            thread.Join();
            worker.Dispose();
        }

        _run.Dispose();
        _engines.Dispose();
        _weights.Dispose();
        _folder.Dispose();
    }
}
