using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Shell;
using Backprop.Coordinator.Training;
using Backprop.Shared.Actors;
using Backprop.Shared.Gradients;
using Backprop.Shared.Kernels;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Embedded;

/// <summary>A run inside one process: the coordinator's core, and its workers as slots, a thread each.</summary>
/// <remarks>
/// The slots go through the same phases and meet at a barrier after each; what decides runs alone there. The process is the unit of
/// failure: workers neither come nor go.
/// </remarks>
internal sealed class EmbeddedRun : IRunEngine
{
    private const int MailboxCapacity = 4096;
    private readonly StatusBoard? _board;
    private readonly TimeProvider _time;
    private readonly TeamBarrier _team;
    private readonly EmbeddedStep _step;
    private readonly CoreMailbox _core;
    private readonly EmbeddedShell _shell;
    private readonly RunFailure _failure = new();
    private readonly Action _meet;
    private readonly int _slots;
    private int _failedSlot;

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
        (_board, _time, _slots, _meet) = (board, time, workers, Meet);
        _team = new TeamBarrier(workers);
        _step = new EmbeddedStep(setup, weights, workers, _team, time);
        var state = CoordinatorState.Start(setup.Rules, completed, evaluationOwed);
        _core = new CoreMailbox(state, setup.Rules, MailboxCapacity);
        _shell = new EmbeddedShell(setup, _step, _core, workers, observer, board, _failure, time);
        _core.PerformWith(_shell);
    }

    /// <inheritdoc/>
    public RunOutcome Outcome => _shell.Outcome;

    /// <inheritdoc/>
    public int Completed => _core.State.Completed;

    /// <inheritdoc/>
    public UserException? Failure => _failure.Sentence(_core.State.Step);

    /// <inheritdoc/>
    public RunTraffic Traffic => new(_slots, 0, 0, 0, 0, 0);

    /// <inheritdoc/>
    public void RequestStop() => _core.PostAndRing(Input.StopRequested());

    /// <inheritdoc/>
    public void Pause() => _core.PostAndRing(Input.PauseRequested());

    /// <inheritdoc/>
    public void Resume() => _core.PostAndRing(Input.ResumeRequested());

    /// <inheritdoc/>
    public void RequestCheckpoint() => _core.PostAndRing(Input.CheckpointRequested());

    /// <inheritdoc/>
    public void StopForStorage(UserException problem) => _shell.Record.StopForStorage(problem);

    /// <summary>Runs to the end; the caller's thread is slot 0.</summary>
    public void Execute()
    {
        for (var slot = 0; slot < _slots; slot++)
        {
            _board?.Workers.Connected(new WorkerInfo(slot, $"slot {slot}", "this process", 1), HeardNow);
            _board?.Workers.Joined(slot, null);
            _board?.Workers.Does(slot, WorkerState.Computing);
            _core.Post(Input.WorkerJoined(new WorkerId(slot)));
        }

        _core.Post(Input.Started());
        Meet();
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

        if (_failure.IsThere && _core.State.Phase != Phase.Finished)
        {
            _core.PostAndDrain(Input.LayerFailed(new WorkerId(_failedSlot), new Assignment { Step = _core.State.Step }));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _core.Dispose();
        _step.Dispose();
    }

    /// <summary>A slot's life: the same phases as all others, until the run is over or somebody failed.</summary>
    private void Live(int slot)
    {
        try
        {
            Subnormals.Check();
            while (_shell.Phase != SlotPhase.Finished)
            {
                _shell.Work(slot);
                _team.Arrive(_meet);
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
            if (_failure.Note(exception))
            {
                _failedSlot = slot;
            }

            _team.Break();
        }
    }

    /// <summary>Alone, between two phases: tells the core what was done, performs what it wants, and says what comes next.</summary>
    private void Meet()
    {
        _shell.EndPhase();
        while (true)
        {
            _core.Reset();
            _core.Drain();
            if (_shell.Phase != SlotPhase.Wait)
            {
                break;
            }

            // Only what comes from outside can move the run now: a checkpoint's end, a request to stop, a deadline.
            WaitForMail();
        }

        _shell.BeginPhase();
    }

    private void WaitForMail()
    {
        if (_core.Deadline is not { } deadline)
        {
            _core.Wait(Timeout.InfiniteTimeSpan);
            return;
        }

        var left = deadline - _shell.Now;
        if (left <= TimeSpan.Zero || !_core.Wait(left))
        {
            _core.Post(Input.Tick());
        }
    }

    /// <summary>A slot has no connection: nothing is sent, and it is heard at all times.</summary>
    private LinkFigures HeardNow() => new(0, 0, _time.GetTimestamp());
}
