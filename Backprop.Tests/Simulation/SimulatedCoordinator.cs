using Backprop.Coordinator.Core;
using Backprop.Shared.Actors;
using Backprop.Shared.Gradients;

namespace Backprop.Tests.Simulation;

/// <summary>
/// One life of the coordinator's process: the real core, a simulated data plane, and the effects performed on virtual time.
/// </summary>
internal sealed class SimulatedCoordinator : ICoordinatorEffects
{
    private readonly SimulatedWorld _world;
    private readonly Rules _rules;
    private readonly SimulatedDataPlane _plane;
    private readonly Invariants _invariants;
    private readonly EffectList<Effect> _effects = new();
    private TimeSpan? _tickPlanned;
    private readonly SaidToPeople _said = new();
    private Triple _answered;

    public SimulatedCoordinator(SimulatedWorld world, Rules rules, int session)
    {
        _world = world;
        _rules = rules;
        Session = session;
        Reception = new SimulatedReception(world, this);
        Outgoing = new SimulatedOutgoing(world, this);
        State = CoordinatorState.Start(rules, world.Storage.DurableStep, world.Storage.OwesEvaluation);
        _invariants = new Invariants(State);
        _plane = new SimulatedDataPlane(world.Options, world.Model, world.Sabotage) { Weights = world.Storage.DurableWeights };
    }

    public int Session { get; }

    public CoordinatorState State { get; }

    public SimulatedReception Reception { get; }

    public SimulatedOutgoing Outgoing { get; }

    /// <summary>The checkpoint that is being written: a copy, because training goes on.</summary>
    public (int Step, Triple Weights)? Writing { get; private set; }

    /// <summary>How often a worker was overtaken by another one that was given the same.</summary>
    public int Overtaken { get; private set; }

    public RunOutcome Outcome { get; private set; }

    public Triple Weights => _plane.Weights;

    public LayerFailures LayerFailures { get; } = new();

    /// <summary>Gives an input to the core and performs what it wants.</summary>
    public void Deliver(in Input input, Triple vector)
    {
        ApplyOutside(in input);
        var told = Sabotaged(in input);
        var now = TimeSpan.FromMicroseconds(_world.Now);
        _answered = vector;
        var reason = CoordinatorCore.Advance(State, in told, now, _rules, _effects);
        _world.Journal.Add(_world.Now, in input, reason, State.Phase);
        _invariants.Check(_rules);
        if (_world.Sabotage == Sabotage.AnswerTakenTwice && reason is Reason.AnswerRepeated or Reason.AnswerOverlapping)
        {
            _plane.TakeAgain(input.Assignment.Span, vector);
        }

        foreach (ref readonly var effect in _effects.AsSpan())
        {
            _world.Journal.Add(in effect);
            if (effect.Kind != _world.LeftOut.Coordinators)
            {
                effect.PerformOn(this);
            }

            _world.Story.OnEffect(_world, in effect);
            if (_world.IsDown)
            {
                return;
            }
        }

        CheckWhatIsSaid(in told, reason);
        PlanTick();
    }

    /// <summary>People, and workers that are sent away, are told what the core has decided.</summary>
    private void CheckWhatIsSaid(in Input input, Reason reason)
    {
        _said.Check(State, reason);
        var isSentAway = reason is Reason.WorkersFull or Reason.WorkerWasDismissed;
        if (isSentAway && Reception.ConnectionOf(input.Worker).IsOpenAtCoordinator)
        {
            throw new SimulationFailure($"worker {input.Worker} was refused and still listens");
        }

        foreach (var connection in Reception.Open)
        {
            if (State.WasDismissed(new WorkerId(connection.Id)))
            {
                throw new SimulationFailure($"worker w{connection.Id} was dismissed and still listens");
            }
        }
    }

    /// <summary>What the world does before the core hears of it.</summary>
    private void ApplyOutside(in Input input)
    {
        if (input.Kind == InputKind.CommitDone)
        {
            _plane.EndCommit();
            _world.OnCommitted(input.Step);
            if (input.Outcome != CommitOutcome.Committed)
            {
                Outgoing.Resume(State.Completed);
            }
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
            Sabotage.StepFenceOff => Input.SpanAnswered(input.Worker, input.Assignment with { Step = State.Step }, input.IsFinite),
            Sabotage.NotFiniteTaken => Input.SpanAnswered(input.Worker, input.Assignment, finite: true),
            _ => input,
        };
    }

    private void PlanTick()
    {
        var deadline = CoordinatorCore.NextDeadline(State, _rules);
        if (deadline is { } due && (_tickPlanned is not { } planned || due < planned || planned <= State.Now))
        {
            _tickPlanned = due;
            _world.Agenda.PlanInput(Input.Tick(), Session, (long)Math.Ceiling(due.TotalMicroseconds) - _world.Now);
        }
    }

    void ICoordinatorEffects.SendFirstWeights(WorkerId worker, int completed) =>
        Outgoing.Send(Reception.ConnectionOf(worker), completed);

    void ICoordinatorEffects.Refuse(WorkerId worker) => Reception.SendAway(worker, MessageKind.Refused);

    void ICoordinatorEffects.Dismiss(WorkerId worker, int strikes)
    {
        Reception.SendAway(worker, MessageKind.Dismissed);
        _world.OnLeft(Reception.ConnectionOf(worker).Worker);
    }

    void ICoordinatorEffects.BeginStep(int step, int samples)
    {
        LayerFailures.BeginStep(step);
        _plane.BeginStep();
        _world.ReleaseHeldUp(step);
    }

    void ICoordinatorEffects.Assign(WorkerId worker, in Assignment assignment, int generation)
    {
        if (_world.Sabotage != Sabotage.ReassignmentLost || assignment.Attempt <= State.Members.Count)
        {
            Reception.Send(worker, new Message(MessageKind.Assign) { Work = assignment, Generation = generation });
        }
    }

    void ICoordinatorEffects.Cancel(WorkerId worker, in Assignment assignment, int generation)
    {
        Overtaken++;
        Reception.Send(worker, new Message(MessageKind.Cancel) { Work = assignment, Generation = generation });
    }

    void ICoordinatorEffects.TakeGradient(WorkerId worker, in Assignment assignment) => _plane.Take(assignment.Span, _answered);

    void ICoordinatorEffects.Commit(int step, int samples)
    {
        Outgoing.NoteChange();
        _world.Agenda.PlanInput(Input.CommitDone(step, _plane.BeginCommit(step)), Session, _world.Network.Delay());
        _world.Chaos.MaybeCrashWhileWriting();
    }

    void ICoordinatorEffects.PublishWeights(int completed)
    {
        for (var m = 0; m < State.Members.Count; m++)
        {
            if (State.Members[m].Welcomed)
            {
                Outgoing.Send(Reception.ConnectionOf(State.Members[m].Id), completed);
            }
        }
    }

    void ICoordinatorEffects.AppendLedger(int step, int samples)
    {
        _world.Storage.Append(step, State.CommittedAnswers, _plane.Weights);
        Reception.CheckAnswers(step);
        if (_world.Sabotage == Sabotage.LedgerTwice)
        {
            _world.Storage.Append(step, State.CommittedAnswers, _plane.Weights);
        }
    }

    void ICoordinatorEffects.BeginEvaluation(int completed, int blocks)
    {
        LayerFailures.BeginEvaluation(completed);
        _plane.BeginEvaluation();
    }

    void ICoordinatorEffects.TakeResults(WorkerId worker, in Assignment assignment) =>
        _plane.TakeBlocks(assignment.First, assignment.Count, _answered);

    void ICoordinatorEffects.FoldEvaluation(int completed, int blocks)
    {
        _world.Storage.AddEvaluation(completed, _plane.EndEvaluation());
        _world.Agenda.PlanInput(Input.EvaluationFolded(completed, completed % 2 == 0), Session, _world.Network.Delay());
    }

    void ICoordinatorEffects.WriteCheckpoint(int completed, bool isBest)
    {
        if (Writing is not null)
        {
            throw new SimulationFailure($"checkpoint {completed} was begun while {Writing.Value.Step} was being written");
        }

        Writing = (completed, _world.Sabotage == Sabotage.CheckpointMixed ? SimulatedModel.InitialWeights : _plane.Weights);
        var input = _world.Chaos.CheckpointFails() ? Input.CheckpointFailed(completed) : Input.CheckpointDurable(completed);
        _world.Agenda.PlanInput(in input, Session, 5 * _world.Network.Delay());
        _world.Chaos.MaybeCrashWhileWriting();
    }

    void ICoordinatorEffects.ReportNotFinite(WorkerId worker, int step, int strikes)
    {
        _said.Named++;
        _world.Verdict.CheckNamed(worker, step);
    }

    void ICoordinatorEffects.Diverge(int step, WorkerId worker, in Assignment shown)
    {
        _said.HasDiverged = true;
        _world.Verdict.CheckDivergence(step, in shown);
    }

    void ICoordinatorEffects.ReportWaiting(int present, int needed) => _said.IsWaiting = true;

    void ICoordinatorEffects.ReportEnough(int present) => _said.IsWaiting = false;

    void ICoordinatorEffects.ReportIdle(int idle) => _said.Idle = idle;

    void ICoordinatorEffects.ReportPaused(int completed) => _said.IsPaused = true;

    void ICoordinatorEffects.ReportResumed(int completed) => _said.IsPaused = false;

    void ICoordinatorEffects.Finish(int completed, RunOutcome outcome)
    {
        Outcome = outcome;
        _world.Verdict.OnFinished();
    }
}
