using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Training;
using Backprop.Shared.Actors;
using Backprop.Shared.Data;
using Backprop.Shared.Gradients;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Primitives;
using Backprop.Shared.Tensors;
using Backprop.Worker.Actor;
using Backprop.Worker.Core;
using Backprop.Worker.Training;

namespace Backprop.Coordinator.Embedded;

/// <summary>
/// A run inside one process: the coordinator's core and its workers, a slot each. Weights are shared, gradients are handed over by
/// reference, the last slot to finish runs the mailbox, and all slots share the reduction and the update.
/// </summary>
/// <remarks>
/// The slots go through the same phases and meet at a barrier after each; what decides (<see cref="Turn"/>) runs alone there. The process
/// is the unit of failure: workers neither come nor go.
/// </remarks>
internal sealed partial class EmbeddedRun : IRunEngine, IMailboxHandler<Input>
{
    private const int MailboxCapacity = 4096;
    private readonly RunSetup _setup;
    private readonly RunWeights _weights;
    private readonly IRunObserver _observer;
    private readonly StatusBoard? _board;
    private readonly TimeProvider _time;
    private readonly TensorPool _pool = new();
    private readonly TeamBarrier _team;
    private readonly GradientStep _step;
    private readonly EvaluationPass? _evaluation;
    private readonly CommitSweep _sweep;
    private readonly BatchPlan _batches;
    private readonly CoordinatorState _state;
    private readonly EffectList<Effect> _effects = new();
    private readonly Mailbox<Input> _mailbox = new(MailboxCapacity);
    private readonly ManualResetEventSlim _bell = new();
    private readonly Action _turn;
    private readonly Action _takeNorm;
    private readonly Action<bool> _checkpointDone;
    private readonly InProcessWorker[] _workers;
    private readonly bool[] _finite;
    private readonly int _slots;
    private readonly long _begun;
    private Exception? _failure;
    private int _failedSlot;
    private Handler _handler;

    /// <summary>Prepares every buffer of the run.</summary>
    /// <param name="weights">The first weights and state, or those of a checkpoint; updated in place.</param>
    /// <param name="completed">How many steps they have behind them.</param>
    /// <param name="workers">How many workers, a slot each.</param>
    /// <param name="observer">Told what happens.</param>
    /// <param name="time">The clock.</param>
    /// <param name="board">Where it is written down for who asks; null: nobody does.</param>
    /// <param name="evaluationOwed">The evaluation that follows those steps was never written down.</param>
    public EmbeddedRun(
        RunSetup setup, RunWeights weights, int completed, int workers, IRunObserver observer, TimeProvider time,
        StatusBoard? board = null, bool evaluationOwed = false)
    {
        (_setup, _weights, _observer, _board, _time, _slots) = (setup, weights, observer, board, time, workers);
        var rules = setup.Rules;
        _team = new TeamBarrier(workers);
        _batches = new BatchPlan(setup.Seed, setup.Train.Count, rules.Batch);
        _step = new GradientStep(
            setup.Model,
            setup.Train,
            setup.Loss,
            Math.Min(rules.Batch, setup.Train.Count),
            rules.Shards,
            workers,
            setup.Seed,
            _team,
            _pool,
            setup.SplitFrom);
        _evaluation = setup.Test is { } test && rules.EvaluationBlocks > 0
            ? new EvaluationPass(setup.Model, test, setup.Loss, setup.Metrics, workers, _pool)
            : null;
        _sweep = new CommitSweep(setup.Model.Layout, setup.Optimizer, setup.Clip, weights.Weights, weights.State, rules.Shards, workers);
        _state = CoordinatorState.Start(rules, completed, evaluationOwed);
        _report = new StepReport { Step = completed, Epoch = (completed + rules.StepsPerEpoch - 1) / rules.StepsPerEpoch };
        _finite = new bool[workers];
        _assignments = new (int, ShardSpan)[rules.Shards];
        _attempts = new int[rules.Shards];
        _blocks = new Assignment[workers];
        _workers = [.. Enumerable.Range(0, workers).Select(_ => new InProcessWorker(rules.Shards))];
        (_turn, _takeNorm, _checkpointDone) = (Turn, TakeNorm, CheckpointDone);
        _handler = new Handler(this);
        _begun = time.GetTimestamp();
    }

    /// <summary>How the run ended.</summary>
    public RunOutcome Outcome { get; private set; }

    /// <summary>How many steps are committed.</summary>
    public int Completed => _state.Completed;

    /// <summary>The failure that ended the run, as a sentence for people; null where there was none.</summary>
    public UserException? Failure => _failure switch
    {
        null => null,
        UserException known => known,
        _ => new UserException(
            ExitCode.Unexpected, $"The run failed at step {_state.Step}: {_failure.GetType().Name}: {Shown.Reason(_failure)}", _failure),
    };

    /// <inheritdoc/>
    public RunTraffic Traffic => new(_slots, 0, 0, 0, 0, 0);

    /// <summary>Asks the run to stop after its step, with a checkpoint. From any thread.</summary>
    public void RequestStop() => Post(Input.StopRequested());

    /// <summary>Ends the run: what it did cannot be written down. From any thread.</summary>
    public void StopForStorage(UserException problem)
    {
        Interlocked.CompareExchange(ref _failure, problem, null);
        Post(Input.LedgerFailed(_state.Completed));
    }

    /// <summary>Runs to the end; the caller's thread is slot 0.</summary>
    public void Execute()
    {
        for (var worker = 0; worker < _slots; worker++)
        {
            _board?.Connected(new WorkerInfo(worker, $"slot {worker}", "this process", 1), HeardNow);
            _board?.Joined(worker, null);
            _board?.Does(worker, Diagnostics.WorkerState.Computing);
            Post(Input.WorkerJoined(worker));
        }

        Post(Input.Started());
        Turn();
        var others = new Thread[_slots - 1];
        for (var i = 0; i < others.Length; i++)
        {
            var slot = i + 1;
            others[i] = new Thread(() => Live(slot)) { IsBackground = true, Name = $"backprop slot {slot}" };
            others[i].Start();
        }

        Live(0);
        foreach (var thread in others)
        {
            thread.Join();
        }

        if (_failure is not null && _state.Phase != Phase.Finished)
        {
            Post(Input.LayerFailed(_failedSlot, _state.Step));
            _mailbox.Drain(ref _handler);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _bell.Dispose();
        _pool.Dispose();
    }

    /// <summary>A slot's life: the same phases as all others, until the run is over or somebody failed.</summary>
    private void Live(int slot)
    {
        try
        {
            Shared.Kernels.Subnormals.Check();
            while (_work != SlotPhase.Finished)
            {
                Perform(slot);
                _team.Arrive(_turn);
            }
        }
        catch (TeamBrokenException)
        {
            // Whoever broke it has said why.
        }
#pragma warning disable CA1031 // Whatever a layer throws ends the run with its name, not with a hang of the others.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (Interlocked.CompareExchange(ref _failure, exception, null) is null)
            {
                _failedSlot = slot;
            }

            _team.Break();
        }
    }

    void IMailboxHandler<Input>.Handle(in Input message)
    {
        CoordinatorCore.Advance(_state, message, _time.GetElapsedTime(_begun), _setup.Rules, _effects);
        for (var i = 0; i < _effects.Count; i++)
        {
            Perform(_effects[i]);
        }

        _board?.Enter(_state.Phase, _state.IsWaiting);
    }

    /// <summary>A slot has no connection: nothing is sent, and it is heard at all times.</summary>
    private LinkFigures HeardNow() => new(0, 0, _time.GetTimestamp());

    private void Post(in Input input)
    {
        if (!_mailbox.TryPost(input))
        {
            throw new InvalidOperationException("The coordinator's mailbox is full.");
        }

        _bell.Set();
    }

    private void CheckpointDone(bool durable) =>
        Post(durable ? Input.CheckpointDurable(_checkpointStep) : Input.CheckpointFailed(_checkpointStep));

    /// <summary>A value, so that draining the mailbox allocates nothing.</summary>
    private readonly struct Handler(EmbeddedRun run) : IMailboxHandler<Input>
    {
        public void Handle(in Input message) => ((IMailboxHandler<Input>)run).Handle(message);
    }
}
