using Backprop.Coordinator.Core;
using Backprop.Shared.Actors;
using Backprop.Shared.Gradients;

namespace Backprop.Benchmarks;

/// <summary>
/// A coordinator's core and so many workers that answer what they are given, in the order in which it was given, on virtual time. After
/// each input the core is asked when it wants to be told the time, as its mailbox does.
/// </summary>
internal sealed class SimulatedSessions
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromMicroseconds(50);
    private readonly Rules _rules;
    private readonly CoordinatorState _state;
    private readonly EffectList<Effect> _effects = new();
    private readonly Queue<(WorkerId Worker, Assignment Assignment)> _given = new(4096);
    private TimeSpan _now = TimeSpan.FromSeconds(1);

    public SimulatedSessions(int workers, int shards)
    {
        _rules = new Rules
        {
            Steps = int.MaxValue,
            Samples = 1 << 20,
            Batch = 4096,
            Shards = shards,
            WorkersMaximum = Math.Max(64, workers),
            Ledger = false,
            Checkpoints = false,
            Speculate = true,
            RetryLayers = true,
            SpeedSmoothing = 0.5,
            SpeedMemory = TimeSpan.FromSeconds(0.1),
            LateMinimum = TimeSpan.FromMilliseconds(20),
        };
        _state = CoordinatorState.Start(_rules);
        for (var worker = 0; worker < workers; worker++)
        {
            Give(Input.WorkerJoined(new WorkerId(worker), 1000));
        }

        Give(Input.Started());
    }

    /// <summary>So many steps, from their orders to the next ones.</summary>
    public void Steps(int count)
    {
        for (var until = _state.Completed + count; _state.Completed < until;)
        {
            var (worker, assignment) = _given.Dequeue();
            _now += AnswerTime;
            Give(Input.SpanAnswered(worker, in assignment, finite: true));
        }
    }

    private void Give(Input input)
    {
        CoordinatorCore.Advance(_state, in input, _now, _rules, _effects);
        var isComplete = false;
        for (var i = 0; i < _effects.Count; i++)
        {
            var effect = _effects[i];
            isComplete |= effect.Kind == EffectKind.Commit;
            if (effect.Kind == EffectKind.Assign)
            {
                _given.Enqueue((effect.Worker, effect.Assignment));
            }
        }

        CoordinatorCore.NextDeadline(_state, _rules);
        if (isComplete)
        {
            _given.Clear();
            Give(Input.CommitDone(_state.Step, CommitOutcome.Committed));
        }
    }
}
