using Backprop.Shared.Gradients;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Backprop.Tests.TestUtilities;
using Backprop.Tests.Worker.Training;
using Backprop.Worker.Shell;
using Backprop.Worker.Training;

namespace Backprop.Tests.Worker.Shell;

/// <summary>A worker process, as a thread of this one, and the coordinator that a test plays.</summary>
internal sealed class WorkerScene : IDisposable
{
    private const string Model = """
        name: scene
        seed: 3
        data: { train: DATA, test: { fraction: 0.25 } }
        model:
          - linear: { out: HIDDEN }
          - relu
          - linear: { out: 3 }
        loss: cross-entropy
        optimizer: { kind: sgd, rate: 0.1 }
        batch: 13
        shards: 8
        steps: 1000
        evaluate: { metrics: [accuracy] }
        """;

    /// <summary>The data of a file; it is larger than a piece.</summary>
    public const string Csv = "{ kind: csv, path: data.csv }";

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _lines = [];
    private readonly WorkerProcess _worker;
    private readonly Thread _thread;
    private UserException? _failure;
    private ExitCode _code;

    /// <param name="hidden">Wide enough for a gradient above 256 KiB, or not.</param>
    public WorkerScene(
        int hidden = 8,
        int slots = 1,
        string data = "{ kind: synthetic, samples: 200, inputs: 6, classes: 3 }",
        Func<WorkerOptions, WorkerOptions>? change = null,
        bool isLocal = false)
    {
        var rows = Enumerable.Range(0, 40_000).Select(i => $"{i % 7 / 7.0:F9},{i % 11 / 11.0:F9},{i % 13 / 13.0:F9},{i % 3}");
        _folder.Write("data.csv", data == Csv ? string.Join('\n', rows) : "");
        var yaml = Model.Replace("DATA", data, StringComparison.Ordinal).Replace("HIDDEN", $"{hidden}", StringComparison.Ordinal);
        Coordinator = new FakeCoordinator(PreparedRun.Load(RunFile.Parse(yaml, "scene.yaml", Folder, [])), isLocal);
        Engine = new SpanEngine(Coordinator.Run, 1);
        var options = new WorkerOptions
        {
            Coordinators = [Coordinator.Address],
            Slots = slots,
            Name = "test",
            CacheFolder = Path.Combine(Folder, "cache"),
        };
        _worker = new WorkerProcess(change?.Invoke(options) ?? options, Say, TimeProvider.System, isReady => Readies += isReady ? 1 : 0);
        _thread = new Thread(Live) { IsBackground = true };
        _thread.Start();
    }

    public FakeCoordinator Coordinator { get; }

    /// <summary>Computes what the worker should answer.</summary>
    public SpanEngine Engine { get; }

    public string Folder => _folder.Path;

    public string Said
    {
        get
        {
            lock (_lines)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>How often it said that it is ready for the first time.</summary>
    public int Readies { get; private set; }

    public void Stop(ExitCode code) => _worker.Stop(code, "test");

    /// <summary>How the worker ended.</summary>
    public (ExitCode Code, UserException? Failure) End()
    {
        _thread.Join(TimeSpan.FromSeconds(20)).ShouldBeTrue(Said);
        return (_code, _failure);
    }

    /// <summary>What a span's answer must be.</summary>
    public (float[] Gradient, double Loss) Expected(int step, int first, int count)
    {
        Coordinator.Weights.CopyTo(Engine.Weights.Values);
        Engine.Begin(step, new ShardSpan(first, count));
        Engine.Compute(new UndisturbedStep()).ShouldBeTrue();
        return (Engine.Gradient.Values.ToArray(), Engine.Loss);
    }

    public void Dispose()
    {
        _worker.Stop(ExitCode.Drained, "the test is over");
        Coordinator.Dispose();
        _thread.Join(TimeSpan.FromSeconds(20));
        _worker.Dispose();
        Engine.Dispose();
        _folder.Dispose();
    }

    private void Live()
    {
        try
        {
            _code = _worker.Run();
        }
        catch (UserException failure)
        {
            (_failure, _code) = (failure, failure.ExitCode);
        }
    }

    private void Say(string line)
    {
        lock (_lines)
        {
            _lines.Add(line);
        }
    }
}
