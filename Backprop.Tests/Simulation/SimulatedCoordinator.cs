using Backprop.Coordinator.Core;
using Backprop.Shared.Actors;
using Backprop.Shared.Gradients;
using Backprop.Worker.Core;

namespace Backprop.Tests.Simulation;

/// <summary>
/// One life of the coordinator's process: the real core, a simulated data plane, and the effects performed on virtual time.
/// </summary>
internal sealed partial class SimulatedCoordinator
{
    private readonly SimulatedWorld _world;
    private readonly Rules _rules;
    private readonly SimulatedDataPlane _plane;
    private readonly Invariants _invariants;
    private readonly EffectList<Effect> _effects = new();
    private TimeSpan? _tickPlanned;

    public SimulatedCoordinator(SimulatedWorld world, Rules rules, int session)
    {
        _world = world;
        _rules = rules;
        Session = session;
        _lookedAt = world.Now;
        State = CoordinatorState.Start(rules, world.Storage.DurableStep, world.Storage.OwesEvaluation);
        _invariants = new Invariants(State);
        _plane = new SimulatedDataPlane(world.Options, world.Model, world.Sabotage) { Weights = world.Storage.DurableWeights };
    }

    public int Session { get; }

    public CoordinatorState State { get; }

    /// <summary>The checkpoint that is being written: a copy, because training goes on.</summary>
    public (int Step, Triple Weights)? Writing { get; private set; }

    /// <summary>How often a worker was overtaken by another one that was given the same.</summary>
    public int Overtaken { get; private set; }

    public RunOutcome Outcome { get; private set; }

    public Triple Weights => _plane.Weights;

    /// <summary>Gives an input to the core and performs what it wants.</summary>
    public void Deliver(in Input input, Triple vector)
    {
        ApplyOutside(in input);
        var told = Sabotaged(in input);
        var now = TimeSpan.FromMicroseconds(_world.Now);
        var reason = CoordinatorCore.Advance(State, in told, now, _rules, _effects);
        _world.Journal.Add(_world.Now, in input, reason, State.Phase);
        _invariants.Check(_rules);
        if (_world.Sabotage == Sabotage.AnswerTakenTwice && reason is Reason.AnswerRepeated or Reason.AnswerOverlapping)
        {
            _plane.TakeAgain(input.Span, vector);
        }

        foreach (ref readonly var effect in _effects.AsSpan())
        {
            _world.Journal.Add(in effect);
            Perform(in effect, vector);
            _world.Story.OnEffect(_world, in effect);
            if (_world.IsDown)
            {
                return;
            }
        }

        PlanTick();
    }

    /// <summary>What the world does before the core hears of it.</summary>
    private void ApplyOutside(in Input input)
    {
        if (input.Kind == InputKind.CommitDone)
        {
            _plane.EndCommit();
            _world.OnCommitted(input.Step);
        }

        if (input.Kind == InputKind.CheckpointDurable && Writing is { } written && written.Step == input.Step)
        {
            _world.Storage.MakeDurable(written.Step, written.Weights);
        }

        if (input.Kind is InputKind.CheckpointDurable or InputKind.CheckpointFailed)
        {
            Writing = null;
        }
    }

    /// <summary>What the core would hear without one of its checks.</summary>
    private Input Sabotaged(in Input input)
    {
        if (input.Kind != InputKind.SpanAnswered)
        {
            return input;
        }

        return _world.Sabotage switch
        {
            Sabotage.StepFenceOff => Input.SpanAnswered(input.Worker, State.Step, input.Span, input.Flag, input.Attempt),
            Sabotage.NotFiniteTaken => Input.SpanAnswered(input.Worker, input.Step, input.Span, finite: true, input.Attempt),
            _ => input,
        };
    }

    private void PlanTick()
    {
        var deadline = CoordinatorCore.NextDeadline(State, _rules);
        if (deadline is { } due && (_tickPlanned is not { } planned || due < planned || planned <= State.Now))
        {
            _tickPlanned = due;
            _world.PlanInput(Input.Tick(), Session, (long)Math.Ceiling(due.TotalMicroseconds) - _world.Now);
        }
    }

    private void Perform(in Effect effect, Triple vector)
    {
        switch (effect.Kind)
        {
            case EffectKind.Welcome:
                SendWeights(_admitted[effect.Worker], effect.Step);
                break;
            case EffectKind.Refuse:
                SendAway(effect.Worker, MessageKind.Refused);
                break;
            case EffectKind.Dismiss:
                SendAway(effect.Worker, MessageKind.Dismissed);
                _world.OnLeft(_admitted[effect.Worker].Worker);
                break;
            case EffectKind.BeginStep:
                _plane.BeginStep();
                _world.ReleaseHeldUp(effect.Step);
                break;
            case EffectKind.AssignSpan:
            case EffectKind.AssignBlocks:
                Assign(in effect, WorkOf(in effect, effect.Kind == EffectKind.AssignBlocks));
                break;
            case EffectKind.CancelSpan:
            case EffectKind.CancelBlocks:
                Cancel(in effect);
                break;
            case EffectKind.TakeSpan:
                _plane.Take(effect.Span, vector);
                break;
            case EffectKind.TakeBlocks:
                _plane.TakeBlocks(effect.First, effect.Count, vector);
                break;
            case EffectKind.BeginEvaluation:
                _plane.BeginEvaluation();
                break;
            case EffectKind.PublishWeights:
                Publish(effect.Step);
                break;
            case EffectKind.Commit:
                _changes.Add(_world.Now);
                _world.PlanInput(Input.CommitDone(effect.Step, _plane.BeginCommit(effect.Step)), Session, _world.Network.Delay());
                _world.MaybeCrashWhileWriting();
                break;
            case EffectKind.AppendLedger:
                AppendLedger(effect.Step);
                break;
            case EffectKind.FoldEvaluation:
                _world.Storage.AddEvaluation(effect.Step, _plane.Blocks);
                _world.PlanInput(Input.EvaluationFolded(effect.Step, effect.Step % 2 == 0), Session, _world.Network.Delay());
                break;
            case EffectKind.WriteCheckpoint:
                WriteCheckpoint(effect.Step);
                break;
            case EffectKind.Diverge:
                _world.CheckDivergence(in effect);
                break;
            case EffectKind.Finish:
                Outcome = effect.Outcome;
                _world.OnFinished();
                break;
            case EffectKind.NameWorker:
                _world.CheckNamed(in effect);
                break;
            case EffectKind.ReportWaiting:
            case EffectKind.ReportEnough:
            case EffectKind.ReportIdle:
                break;
        }
    }

    private static Assignment WorkOf(in Effect effect, bool isEvaluation) =>
        new(isEvaluation, effect.Step, effect.First, effect.Count, effect.Attempt);

    private void Assign(in Effect effect, in Assignment work)
    {
        if (_world.Sabotage != Sabotage.ReassignmentLost || effect.Attempt <= State.Members.Count)
        {
            Send(effect.Worker, new Message(MessageKind.Assign) { Work = work, Generation = effect.Generation });
        }
    }

    private void Cancel(in Effect effect)
    {
        Overtaken++;
        var work = WorkOf(in effect, effect.Kind == EffectKind.CancelBlocks);
        Send(effect.Worker, new Message(MessageKind.Cancel) { Work = work, Generation = effect.Generation });
    }

    private void Publish(int step)
    {
        for (var m = 0; m < State.Members.Count; m++)
        {
            if (State.Members[m].Welcomed)
            {
                SendWeights(_admitted[State.Members[m].Id], step);
            }
        }
    }

    private void AppendLedger(int step)
    {
        _world.Storage.Append(step, State.CommittedAnswers, _plane.Weights);
        CheckAnswers(step);
        if (_world.Sabotage == Sabotage.LedgerTwice)
        {
            _world.Storage.Append(step, State.CommittedAnswers, _plane.Weights);
        }
    }

    private void WriteCheckpoint(int step)
    {
        if (Writing is not null)
        {
            throw new SimulationFailure($"checkpoint {step} was begun while {Writing.Value.Step} was being written");
        }

        Writing = (step, _world.Sabotage == Sabotage.CheckpointMixed ? SimulatedModel.InitialWeights : _plane.Weights);
        var input = _world.CheckpointFails() ? Input.CheckpointFailed(step) : Input.CheckpointDurable(step);
        _world.PlanInput(in input, Session, 5 * _world.Network.Delay());
        _world.MaybeCrashWhileWriting();
    }
}
