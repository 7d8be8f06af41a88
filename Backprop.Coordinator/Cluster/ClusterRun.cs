using Backprop.Coordinator.Cluster.Gradients;
using Backprop.Coordinator.Cluster.Links;
using Backprop.Coordinator.Cluster.Listening;
using Backprop.Coordinator.Cluster.Sessions;
using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Shell;
using Backprop.Coordinator.Training;
using Backprop.Shared.Gradients;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Tensors;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Cluster;

/// <summary>
/// A run whose workers are processes. Receiving threads post to the core and act on what it decides; the caller's thread watches the clock,
/// and acts on what others ask of the run, so that whoever asks is never the one who trains.
/// </summary>
internal sealed class ClusterRun : IRunEngine
{
    private const int MailboxCapacity = 1 << 14;

    /// <summary>How finely time is watched: lateness, silence and waits are noticed within this.</summary>
    private static readonly TimeSpan ClockGrain = TimeSpan.FromMilliseconds(10);

    private readonly ClusterOptions _options;
    private readonly TimeProvider _time;
    private readonly TensorPool _pool = new();
    private readonly OfferedRun _offered;
    private readonly RunningClock _clock;
    private readonly RunFailure _failure = new();
    private readonly CoreMailbox _core;
    private readonly StepCommit _commit;
    private readonly WorkerRegistry _registry;
    private readonly ClusterNarrator _narrator;
    private readonly RecordKeeper _record;
    private readonly ClusterShell _shell;
    private readonly SlowSteps _slow = new();
    private readonly ClusterPorts _ports;
    private readonly WorkerSessions _sessions;
    private readonly LinkListener _listener;
    private readonly ILogger _log;

    /// <summary>Prepares every buffer of the coordinator.</summary>
    /// <param name="begin">The run.</param>
    /// <param name="offered">What workers are told of it; the run's from now on.</param>
    /// <param name="ports">Where workers come to; they outlive the run.</param>
    public ClusterRun(
        RunStart begin, OfferedRun offered, ClusterOptions options, ClusterPorts ports, ILogger log, WorkerLog workerLog,
        TimeProvider time)
    {
        (_offered, _options, _ports, _log, _time) = (offered, options, ports, log, time);
        var (setup, start, board) = (begin.Setup, begin.Start, begin.Board);
        var rules = setup.Rules;
        var state = CoordinatorState.Start(rules, (int)start.Step, begin.EvaluationOwed);
        _clock = new RunningClock(time);
        _core = new CoreMailbox(state, rules, MailboxCapacity);
        var weights = new PublishedWeights(begin.Weights);
        _commit = new StepCommit(setup, begin.Weights, weights, state.Completed, options.CommitThreads, _pool, time);
        var fold = setup.Test is { } test && rules.EvaluationBlocks > 0 ? new EvaluationFold(test.Count, setup.Metrics.Count) : null;
        var results = new EvaluationResults(fold, rules.EvaluationBlocks);
        _registry = new WorkerRegistry(options, time);
        var events = new WorkerEvents(_core, _registry, workerLog, board.Workers);
        _narrator = new ClusterNarrator(state, rules, _registry, events, _slow, log, workerLog, board);
        var before = new StepReport((int)start.Step, (int)start.Epoch, 0, start.Loss, 0, 0, 0, 0, 0, 0);
        _record = new RecordKeeper(setup, begin.Observer, _core, _failure, in before, time);
        _shell = new ClusterShell(rules, _core, _commit, results, _registry, _narrator, _record, _clock);
        _core.PerformWith(_shell);
        var context = new LinkContext(
            offered, rules.Shards, options.Liveness, weights, _commit.Gradients, results, events, time);
        _sessions = new WorkerSessions(context, _registry, options, ports.LinkPort, log, workerLog, board.Workers);
        _listener = new LinkListener(_sessions, ports.Links, options.OpeningLimit, log, workerLog, time);
    }

    /// <summary>The run is over, and its workers are about to be told so. Told by the thread that executes it.</summary>
    public event Action? Ending;

    /// <inheritdoc/>
    public RunOutcome Outcome =>
        _failure.IsThere && _shell.Outcome is RunOutcome.Stopped or RunOutcome.Completed ? RunOutcome.Failed : _shell.Outcome;

    /// <inheritdoc/>
    public int Completed => _core.State.Completed;

    /// <inheritdoc/>
    public UserException? Failure => _failure.Sentence(_core.State.Step);

    /// <inheritdoc/>
    public RunTraffic Traffic
    {
        get
        {
            var (sent, received) = _registry.Bytes;
            return new RunTraffic(_narrator.Peak, sent, received, _narrator.Joined, _narrator.Lost, _narrator.ShardsAgain);
        }
    }

    /// <summary>Where workers ask: the port is the real one.</summary>
    public LinkAddress Address => _ports.Address;

    /// <inheritdoc/>
    public void RequestStop() => _core.PostAndRing(Input.StopRequested());

    /// <inheritdoc/>
    public void Pause() => _core.PostAndRing(Input.PauseRequested());

    /// <inheritdoc/>
    public void Resume() => _core.PostAndRing(Input.ResumeRequested());

    /// <inheritdoc/>
    public void RequestCheckpoint() => _core.PostAndRing(Input.CheckpointRequested());

    /// <inheritdoc/>
    public void StopForStorage(UserException problem) => _record.StopForStorage(problem);

    /// <summary>Ends the run after its step: it cannot go on as it was meant to. From any thread.</summary>
    public void Fail(UserException problem)
    {
        _failure.Note(problem);
        RequestStop();
    }

    /// <inheritdoc/>
    public void Execute()
    {
        Open();
        _core.PostAndDrain(Input.Started());
        while (!_core.IsOver)
        {
            _core.Wait(ClockGrain);
            _core.Reset();
            _core.Drain();
            if (_clock.Now >= _core.Deadline)
            {
                _core.PostAndDrain(Input.Tick());
            }

            _registry.CloseTheSilent();
            if (_slow.IsDue(_clock.Now))
            {
                _core.PostAndDrain(Input.Tick());
            }
        }

        Ending?.Invoke();
        Close();
        var workers = _registry.All;
        new Goodbye(_options.Liveness, _time).Say(workers, Outcome.ToString().ToLowerInvariant());
        WorkerRegistry.Close(workers);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        _sessions.Dispose();
        WorkerRegistry.Close(_registry.All);
        _registry.ForgetTheGone();
        _clock.Dispose();
        _commit.Dispose();
        _offered.Dispose();
        _core.Dispose();
        _pool.Dispose();
    }

    /// <summary>Workers may come.</summary>
    private void Open()
    {
        _listener.Start();
        _ports.Runs?.Open(_sessions);
        _log.Listening(_ports.LinkPort == 0 ? $"{Address}" : $"{Address}, and on port {_ports.LinkPort} for their links");
        if (!Address.IsLoopback && _options.Identity is null)
        {
            _log.NotEncrypted();
        }
    }

    /// <summary>Nobody comes any more.</summary>
    private void Close()
    {
        _ports.Runs?.Close(_sessions);
        _listener.Dispose();
        _sessions.Close();
    }
}
