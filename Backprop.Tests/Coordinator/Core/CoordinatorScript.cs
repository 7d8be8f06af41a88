using Backprop.Coordinator.Core;
using Backprop.Shared.Actors;
using Backprop.Shared.Gradients;

namespace Backprop.Tests.Coordinator.Core;

/// <summary>
/// A coordinator's core driven by hand: one input at a time, time that stands still unless told, and the invariants checked after each
/// input.
/// </summary>
internal sealed class CoordinatorScript
{
    private readonly EffectList<Effect> _effects = new();
    private readonly Invariants _invariants;

    public CoordinatorScript(Rules rules, int completed = 0, bool evaluationOwed = false)
    {
        Rules = rules;
        State = CoordinatorState.Start(rules, completed, evaluationOwed);
        _invariants = new Invariants(State);
    }

    public Rules Rules { get; }

    public CoordinatorState State { get; }

    public TimeSpan Now { get; set; }

    /// <summary>What the last input made the coordinator want.</summary>
    public Effect[] Effects => _effects.AsSpan().ToArray();

    /// <summary>The kinds of <see cref="Effects"/>.</summary>
    public EffectKind[] Kinds => [.. Effects.Select(e => e.Kind)];

    public static Rules SmallRules => new() { Steps = 3, Samples = 64, Batch = 16, Shards = 8 };

    /// <summary>A run on so many workers, in its first step.</summary>
    public static CoordinatorScript Begun(int workers, Rules? rules = null)
    {
        var script = new CoordinatorScript(rules ?? SmallRules);
        for (var worker = 0; worker < workers; worker++)
        {
            script.Give(Input.WorkerJoined(new(worker)));
        }

        script.Give(Input.Started());
        return script;
    }

    public Reason Give(Input input)
    {
        var reason = CoordinatorCore.Advance(State, in input, Now, Rules, _effects);
        _invariants.Check(Rules);
        return reason;
    }

    /// <summary>Lets time pass, and says so.</summary>
    public Reason Pass(double milliseconds)
    {
        Now += TimeSpan.FromMilliseconds(milliseconds);
        return Give(Input.Tick());
    }

    /// <summary>A worker answers the span, as it was given to it.</summary>
    public Reason Answer(int worker, int first, int count, bool finite = true)
    {
        var assignment = Assignment.Shards(State.Step, new ShardSpan(first, count), attempt: 0);
        var index = State.Shards.IndexOf(new WorkerId(worker), in assignment);
        return Give(Input.SpanAnswered(new WorkerId(worker), index < 0 ? assignment : State.Shards.Given[index].Assignment, finite));
    }

    /// <summary>All spans that are given are answered; the last input was that of the last span.</summary>
    public void AnswerAll()
    {
        while (State.Phase == Phase.Computing)
        {
            var (worker, assignment) = State.Shards.Given[0];
            Answer(worker.Value, assignment.First, assignment.Count);
        }
    }

    /// <summary>The step is computed and committed.</summary>
    public Reason CompleteStep()
    {
        AnswerAll();
        return Give(Input.CommitDone(State.Step, CommitOutcome.Committed));
    }

    /// <summary>The evaluation is computed and written down.</summary>
    public Reason CompleteEvaluation(bool best = false)
    {
        while (State.Phase == Phase.Evaluating)
        {
            var blocks = State.Blocks.Given[0];
            Give(Input.BlocksAnswered(blocks.Worker, blocks.Assignment));
        }

        return Give(Input.EvaluationFolded(State.Completed, best));
    }

    /// <summary>Who has which spans, in ascending order.</summary>
    public (int Worker, int First, int Count)[] Given() =>
        [.. from given in State.Shards.Given.ToArray()
            orderby given.Assignment.First, given.Worker.Value
            select (given.Worker.Value, given.Assignment.First, given.Assignment.Count)];
}
