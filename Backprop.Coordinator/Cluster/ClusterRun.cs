using System.Collections.Concurrent;
using System.Net.Sockets;
using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Embedded;
using Backprop.Coordinator.Training;
using Backprop.Shared.Actors;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Gradients;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Tensors;
using Backprop.Worker.Training;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Cluster;

/// <summary>
/// A run whose workers are processes: the coordinator's core, the connections, and the weights. Whoever has something for the core
/// posts it and drains the mailbox: the thread that received a step's last gradient so makes the update and sends the next orders, and
/// nobody is woken for it. The caller's thread watches the clock.
/// </summary>
internal sealed partial class ClusterRun : IRunEngine, IMailboxHandler<Input>
{
    private const int MailboxCapacity = 1 << 14;

    /// <summary>How finely time is watched: lateness, silence and waits are noticed within this.</summary>
    private static readonly TimeSpan ClockGrain = TimeSpan.FromMilliseconds(10);

    /// <summary>A step that has taken so long is worth a line.</summary>
    private static readonly TimeSpan SlowAfter = TimeSpan.FromSeconds(2);

    private readonly RunSetup _setup;
    private readonly RunWeights _weights;
    private readonly IRunObserver _observer;
    private readonly ILogger _log;
    private readonly WorkerLog _workerLog;
    private readonly StatusBoard _status;
    private readonly WorkerBoard _board;
    private readonly TensorPool _pool = new();
    private readonly CoordinatorState _state;
    private readonly EffectList<Effect> _effects = new();
    private readonly Mailbox<Input> _mailbox = new(MailboxCapacity);
    private readonly ManualResetEventSlim _bell = new();
    private readonly ConcurrentDictionary<int, WorkerLink> _links = new();
    private readonly List<WorkerLink> _pending = new(64);
    private readonly Action<bool> _checkpointDone;
    private readonly RunningClock _clock;
    private readonly Reception _reception;
    private Handler _handler;
    private UserException? _failure;
    private long _deadline = long.MaxValue;
    private volatile bool _finished;
    private int _currentStep;
    private TimeSpan _askedAt;
    private long _lookedAt;
    private bool _isUpdating;

    /// <summary>Prepares every buffer of the coordinator.</summary>
    /// <param name="begin">The run.</param>
    /// <param name="offer">What workers are told of it.</param>
    /// <param name="listener">Where workers connect; the run's from now on.</param>
    public ClusterRun(
        RunStart begin, RunOffer offer, ClusterOptions options, Socket listener, ILogger log, WorkerLog workerLog,
        TimeProvider time)
    {
        var (setup, weights, start) = (begin.Setup, begin.Weights, begin.Start);
        (_setup, _weights, Offer, Options) = (setup, weights, offer, options);
        (_observer, _log, _workerLog, Time) = (begin.Observer, log, workerLog, time);
        (_status, _board) = (begin.Board, begin.Board.Workers);
        _clock = new RunningClock(time);
        var rules = setup.Rules;
        Partitions = new PartitionMap(weights.Layout);
        Gradients = new GradientBuffers(_pool, weights.Layout.Length);
        _evaluation = setup.Test is { } test && rules.EvaluationBlocks > 0 ? new EvaluationFold(test.Count, setup.Metrics.Count) : null;
        _stepClock = new StepClock(time);
        _commit = new StepCommit(setup, weights, options.CommitThreads, _pool);
        _given = new bool[rules.Shards];
        _state = CoordinatorState.Start(rules, (int)start.Step, begin.EvaluationOwed);
        _report = new StepReport((int)start.Step, (int)start.Epoch, 0, start.Loss, 0, 0, 0, 0, 0, 0);
        _checkpointDone = CheckpointDone;
        _currentStep = (int)start.Step;
        _handler = new Handler(this);
        _lookedAt = time.GetTimestamp();
        _reception = new Reception(this, listener, log, workerLog);
    }

    /// <inheritdoc/>
    public RunOutcome Outcome
    {
        get => _failure is not null && field is RunOutcome.Stopped or RunOutcome.Completed ? RunOutcome.Failed : field;
        private set;
    }

    /// <inheritdoc/>
    public int Completed => _state.Completed;

    /// <inheritdoc/>
    public UserException? Failure => _failure;

    /// <summary>Where workers connect: the port is the real one.</summary>
    public LinkAddress Address => _reception.Address;

    internal RunOffer Offer { get; }

    internal ClusterOptions Options { get; }

    internal TimeProvider Time { get; }

    internal GradientBuffers Gradients { get; }

    internal PartitionMap Partitions { get; }

    /// <summary>The weights as they are sent, beside commits that change them.</summary>
    internal LiveMemory WeightsLive { get; } = new();

    /// <summary>An update is being made: the weights are neither the old nor the new ones.</summary>
    internal bool IsUpdating => Volatile.Read(ref _isUpdating);

    internal unsafe float* WeightsPointer => _weights.Pointer;

    internal int VectorLength => _weights.Layout.Length;

    internal int WeightsBytes => (int)Math.Min(int.MaxValue, (long)VectorLength * sizeof(float));

    /// <summary>The step whose gradients are wanted; answers to any other are dropped.</summary>
    internal int CurrentStep => Volatile.Read(ref _currentStep);

    /// <inheritdoc/>
    public void RequestStop() => Post(Input.StopRequested());

    /// <inheritdoc/>
    public void StopForStorage(UserException problem)
    {
        Interlocked.CompareExchange(ref _failure, problem, null);
        PostOnly(Input.LedgerFailed(_state.Completed));
    }

    /// <summary>Ends the run after its step: it cannot go on as it was meant to. From any thread.</summary>
    public void Fail(UserException problem)
    {
        Interlocked.CompareExchange(ref _failure, problem, null);
        Post(Input.StopRequested());
    }

    /// <inheritdoc/>
    public void Execute()
    {
        _reception.Start();
        Post(Input.Started());
        while (!_finished)
        {
            _bell.Wait(ClockGrain);
            _bell.Reset();
            _mailbox.Drain(ref _handler);
            if (Now.Ticks >= Volatile.Read(ref _deadline))
            {
                Post(Input.Tick());
            }

            CloseTheSilent();
            AskForTheSlow();
        }

        _reception.Dispose();
        SayGoodbye();
    }

    public void Dispose()
    {
        _reception.Dispose();
        foreach (var link in _links.Values)
        {
            link.Close("the run is over");
            link.Join();
        }

        while (_gone.TryDequeue(out var link))
        {
            link.Join();
            link.Dispose();
        }

        _clock.Dispose();
        _commit.Dispose();
        Offer.Dispose();
        _bell.Dispose();
        _pool.Dispose();
    }

    private TimeSpan Now => _clock.Now;

    /// <summary>From any thread; the caller may become the one who acts on it.</summary>
    private void Post(in Input input)
    {
        if (!_mailbox.TryPost(input))
        {
            throw new InvalidOperationException("The coordinator's mailbox is full.");
        }

        _mailbox.Drain(ref _handler);
    }

    /// <summary>From a thread that must not act on it: the one that watches the clock does.</summary>
    private void PostOnly(in Input input)
    {
        if (!_mailbox.TryPost(input))
        {
            throw new InvalidOperationException("The coordinator's mailbox is full.");
        }

        _bell.Set();
    }

    private void CloseTheSilent()
    {
        var sinceLook = Time.GetElapsedTime(_lookedAt);
        _lookedAt = Time.GetTimestamp();
        foreach (var (_, link) in _links)
        {
            var silence = Time.GetElapsedTime(link.HeardAt);
            if (Options.Liveness.IsSilent(silence, sinceLook))
            {
                link.Close($"silent for {silence.TotalSeconds:0.0} s");
            }
        }
    }

    /// <summary>A step that takes long is looked at every now and then, so that people read whom it waits for.</summary>
    private void AskForTheSlow()
    {
        var now = Now;
        if (Waited(now) > SlowAfter && now - _askedAt > SlowAfter)
        {
            _askedAt = now;
            Post(Input.Tick());
        }
    }

    void IMailboxHandler<Input>.Handle(in Input message)
    {
        if (_finished)
        {
            return;
        }

        try
        {
            Act(in message);
        }
#pragma warning disable CA1031 // Whatever it is, the run ends with it, and not a receiving thread without a word.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            var problem = exception as UserException ?? new UserException(
                ExitCode.Unexpected,
                $"The run failed at step {_state.Step}: {exception.GetType().Name}: {Shown.Reason(exception)}",
                exception);
            Interlocked.CompareExchange(ref _failure, problem, null);
            Outcome = RunOutcome.Failed;
            End();
        }
    }

    private void Act(in Input message)
    {
        _claimed = message.Kind == InputKind.SpanAnswered ? Gradients.Claim(message.Worker, message.Step, message.Attempt) : null;
        if (message.Kind == InputKind.SpanAnswered && _claimed is null)
        {
            return;
        }

        BeforeAdvance(in message);
        var now = Now;
        SayWhetherItRan();
        var reason = CoordinatorCore.Advance(_state, message, now, _setup.Rules, _effects);
        _stepClock.Waits(_state.IsWaiting);
        _status.Enter(_state.Phase, _state.IsWaiting);
        _observer.Attended(_state.Members.Count, _state.IsWaiting);

        // What happened comes before what is done about it.
        Say(in message, reason);
        for (var i = 0; i < _effects.Count; i++)
        {
            Perform(_effects[i]);
        }

        if (_claimed is { } unwanted)
        {
            _claimed = null;
            GradientAbandoned(unwanted);
        }

        foreach (var link in _pending)
        {
            link.Flush();
        }

        _pending.Clear();
        Volatile.Write(ref _deadline, CoordinatorCore.NextDeadline(_state, _setup.Rules)?.Ticks ?? long.MaxValue);
    }

    private void End()
    {
        _finished = true;
        _bell.Set();
    }

    /// <summary>A value, so that draining the mailbox allocates nothing.</summary>
    private readonly struct Handler(ClusterRun run) : IMailboxHandler<Input>
    {
        public void Handle(in Input message) => ((IMailboxHandler<Input>)run).Handle(message);
    }
}
