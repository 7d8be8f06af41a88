using Backprop.Coordinator.Core;
using Backprop.Shared.Actors;
using Backprop.Shared.Gradients;
using Backprop.Worker.Core;

namespace Backprop.Tests.Simulation;

/// <summary>
/// A whole cluster in one thread: the real cores on virtual time, messages that take their time, and a seed that decides about
/// everything. First chaos, during which nothing wrong may happen; then the cluster is healed, and the run must end.
/// </summary>
internal sealed partial class SimulatedWorld
{
    private const long PatienceAfterChaos = 30_000_000;
    private const long EventsMaximum = 400_000;

    private readonly VirtualClock<Happening> _clock = new();
    private readonly SimulationRandom _random;
    private readonly Dictionary<int, SimulatedWorker> _workers = [];
    private readonly List<SimulatedWorker> _present = [];
    private readonly EffectList<WorkerEffect> _effects = new();
    private readonly ReferenceRun _reference;
    private readonly Dictionary<(int Step, int First, int Count), int> _lies = [];
    private int _session;
    private int _ids;
    private bool _chaos;
    private bool _over;

    public SimulatedWorld(SwarmOptions options, Sabotage sabotage = Sabotage.None)
    {
        Options = options;
        Sabotage = sabotage;
        _random = new SimulationRandom(options.Seed ^ 0xC0FFEE);
        _reference = new ReferenceRun(options);
        Model = new SimulatedModel(options);
        Storage = new SimulatedStorage(options, _reference, Model);
        _chaos = options.ChaosEnd > 0;
        Coordinator = new SimulatedCoordinator(this, options.Rules, _session);
    }

    public SwarmOptions Options { get; }

    public Sabotage Sabotage { get; }

    public SimulatedModel Model { get; }

    public SimulatedStorage Storage { get; }

    public SimulatedCoordinator Coordinator { get; private set; }

    public Journal Journal { get; } = new();

    public long Now => _clock.Now;

    /// <summary>Runs to the end. Throws where a promise is broken.</summary>
    public SimulationResult Run()
    {
        for (var i = 0; i < Options.Workers; i++)
        {
            Join(isLiar: i < Options.Liars, _random.Chance(0.2) ? 8 : _random.Between(1, 2), Delay());
        }

        PlanInput(Input.Started(), _session, 0);
        if (_chaos)
        {
            _clock.Plan(new Happening { Kind = HappeningKind.Chaos }, Options.ChaosPeriod);
        }

        // Of a quiet run too: liars are sent away at any time, and others must come for them.
        _clock.Plan(new Happening { Kind = HappeningKind.Heal }, Math.Max(Options.ChaosEnd, 10 * Delay()));

        while (!_over)
        {
            if (!_clock.TryNext(out var happening, out var due))
            {
                throw new SimulationFailure("nothing will happen any more, and the run is not over");
            }

            if (Now > Options.ChaosEnd + PatienceAfterChaos || _clock.Passed > EventsMaximum)
            {
                throw new SimulationFailure($"the run is not over at {Now} us, after {_clock.Passed} events");
            }

            Happen(in happening, due);
        }

        var completed = Coordinator.State.Completed;
        return new SimulationResult(Coordinator.Outcome, completed, _session + 1, _clock.Passed, Journal.Hash, Coordinator.Weights);
    }

    /// <summary>How long a message takes.</summary>
    public long Delay() => _random.Duration(Options.DelayMinimum, Options.DelayMean);

    /// <summary>Lets the coordinator of a session hear of something.</summary>
    public void PlanInput(in Input input, int session, long delay, Triple vector = default) =>
        _clock.Plan(new Happening { Kind = HappeningKind.Input, Input = input, Session = session, Vector = vector }, Now + delay);

    /// <summary>Sends a command; those to one worker arrive in order.</summary>
    public void Send(int worker, in WorkerInput command, Triple vector)
    {
        if (_workers.TryGetValue(worker, out var to))
        {
            to.NewestCommandDue = Math.Max(to.NewestCommandDue, Now + Delay());
            PlanCommand(to, in command, vector, to.NewestCommandDue);
        }
    }

    private void PlanCommand(SimulatedWorker to, in WorkerInput command, Triple vector, long due) => _clock.Plan(
        new Happening { Kind = HappeningKind.Command, Worker = to.Id, Command = command, Vector = vector },
        due);

    private void Happen(in Happening happening, Due due)
    {
        switch (happening.Kind)
        {
            case HappeningKind.Input:
                // Answers meant for a coordinator that is gone may reach the next one; everything else was part of that process.
                var isAnswer = happening.Input.Kind is InputKind.SpanAnswered or InputKind.BlocksAnswered;
                if (!IsDown && (happening.Session == _session || isAnswer))
                {
                    Coordinator.Deliver(in happening.Input, happening.Vector);
                }

                break;
            case HappeningKind.Command:
                Command(in happening, due);
                break;
            case HappeningKind.Join:
                Join(happening.Flag, happening.Worker, 0);
                break;
            case HappeningKind.Restart:
                Restart();
                break;
            case HappeningKind.Chaos:
                CauseChaos();
                break;
            case HappeningKind.Heal:
                Heal();
                break;
        }
    }

    private void Command(in Happening happening, Due due)
    {
        var worker = _workers[happening.Worker];
        if (!worker.IsAlive)
        {
            return;
        }

        if (worker.StalledUntil > Now)
        {
            _clock.Postpone(happening, due, worker.StalledUntil);
            return;
        }

        worker.Receive(in happening.Command, happening.Vector);
        WorkerCore.Advance(worker.State, in happening.Command, _effects);
        foreach (ref readonly var effect in _effects.AsSpan())
        {
            if (effect.Kind == WorkerEffectKind.Compute)
            {
                Compute(worker, effect.Work);
            }
            else if (effect.Kind == WorkerEffectKind.Answer)
            {
                Answer(worker, effect.Work, effect.Finite, happening.Vector);
            }
        }
    }

    private void Compute(SimulatedWorker worker, in Work work)
    {
        var stale = Sabotage == (work.IsEvaluation ? Sabotage.EvaluationStale : Sabotage.StaleWeights);
        var weights = stale ? worker.WeightsBefore : worker.Weights;
        var result = work.IsEvaluation ? weights : Model.SpanGradient(work.Step, new ShardSpan(work.First, work.Count), weights, Sabotage);
        var amount = Options.Rules.Batch * work.Count / Options.Rules.Shards;
        var lasts = worker.Slowness * Options.ComputePerSample * (1 + amount);
        if (!work.IsEvaluation && worker.IsLiar && (_chaos || Options.LiarsPersist) && _random.Chance(Options.LieProbability))
        {
            result = Triple.NotFinite;
            _lies[(work.Step, work.First, work.Count)] = _lies.GetValueOrDefault((work.Step, work.First, work.Count)) + 1;
        }

        var finite = work.IsEvaluation || result.IsFinite;
        PlanCommand(worker, WorkerInput.ComputeDone(in work, finite), result, Now + lasts);
    }

    private void Answer(SimulatedWorker worker, in Work work, bool finite, Triple vector)
    {
        var input = work.IsEvaluation
            ? Input.BlocksAnswered(worker.Id, work.Step, work.First, work.Count)
            : Input.SpanAnswered(worker.Id, work.Step, new ShardSpan(work.First, work.Count), finite, work.Attempt);
        var late = _chaos && _random.Chance(Options.LateAnswerProbability) ? 20 * Delay() : 0;
        PlanInput(in input, worker.Session, Delay() + late, vector);
        if ((_chaos && _random.Chance(Options.DoubleAnswerProbability)) || Sabotage is Sabotage.AnswerTakenTwice)
        {
            PlanInput(in input, worker.Session, Delay(), vector);
        }
    }
}

/// <summary>How a run ended.</summary>
internal readonly record struct SimulationResult(
    RunOutcome Outcome, int Completed, int Sessions, long Events, ulong JournalHash, Triple Weights);

internal enum HappeningKind
{
    Input,
    Command,
    Join,
    Restart,
    Chaos,
    Heal,
}

/// <summary>Something on its way.</summary>
internal struct Happening
{
    public HappeningKind Kind;
    public int Worker;
    public int Session;
    public bool Flag;
    public Input Input;
    public WorkerInput Command;
    public Triple Vector;
}
