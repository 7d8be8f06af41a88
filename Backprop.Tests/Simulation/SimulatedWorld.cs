using Backprop.Coordinator.Core;
using Backprop.Worker.Core;

namespace Backprop.Tests.Simulation;

/// <summary>
/// A whole cluster in one thread: the real cores on virtual time, processes, a network between them, and a seed that decides about
/// everything. First chaos, during which nothing wrong may happen; then the cluster is healed, and the run must end.
/// </summary>
internal sealed partial class SimulatedWorld
{
    private const long EventsMaximum = 400_000;
    private const long RealSilence = 3_000_000;

    private readonly VirtualClock<Happening> _clock = new();
    private readonly SimulationRandom _random;
    private readonly List<SimulatedWorker> _workers = [];
    private readonly ReferenceRun _reference;
    private readonly Dictionary<(int Step, int First, int Count), int> _lies = [];
    private readonly List<long> _commits = [];
    private readonly List<(Connection Connection, Message Message)> _heldUp = [];
    private int _session;
    private int _ids;
    private int _instances;
    private bool _over;

    public SimulatedWorld(SwarmOptions options, Sabotage sabotage = Sabotage.None, Story? story = null, EffectKind? leftOut = null)
    {
        Options = options;
        Sabotage = sabotage;
        LeftOut = leftOut;
        Story = story ?? new Story();
        _random = new SimulationRandom(options.Seed ^ 0xC0FFEE);
        _reference = new ReferenceRun(options);
        Network = new SimulatedNetwork(this, options, _random);
        Model = new SimulatedModel(options);
        Storage = new SimulatedStorage(options, _reference, Model, sabotage);
        IsChaos = options.ChaosEnd > 0;
        Coordinator = new SimulatedCoordinator(this, options.Rules, _session);
    }

    public SwarmOptions Options { get; }

    public Sabotage Sabotage { get; }

    /// <summary>An effect that the coordinator's shell does not perform; null: it performs all.</summary>
    public EffectKind? LeftOut { get; }

    public Story Story { get; }

    public SimulatedNetwork Network { get; }

    public SimulatedModel Model { get; }

    public SimulatedStorage Storage { get; }

    /// <summary>The coordinator's present life; while it is down, the former one.</summary>
    public SimulatedCoordinator Coordinator { get; private set; }

    public Journal Journal { get; } = new();

    public long Now => _clock.Now;

    /// <summary>True while faults are drawn.</summary>
    public bool IsChaos { get; private set; }

    /// <summary>When each step was first committed.</summary>
    public IReadOnlyList<long> Commits => _commits;

    /// <summary>The processes that are alive, by age.</summary>
    public IReadOnlyList<SimulatedWorker> Workers => _workers;

    public SimulationResult Result => new(
        Coordinator.Outcome,
        Coordinator.State.Completed,
        _session + 1,
        _clock.Passed,
        Journal.Hash,
        Coordinator.Weights,
        Network.Counts,
        Strays);

    /// <summary>Runs to the end. Throws where a promise is broken.</summary>
    public void Run()
    {
        PlanInput(Input.Started(), _session, 0);
        PlanCoordinatorBeat();
        for (var i = 0; i < Options.Workers; i++)
        {
            var slowness = Options.Slownesses.Length > 0 ? Options.Slownesses[i] : _random.Chance(0.2) ? 8 : _random.Between(1, 2);
            Join(isLiar: i < Options.Liars, slowness);
        }

        if (IsChaos)
        {
            _clock.Plan(new Happening { Kind = HappeningKind.Chaos }, Options.ChaosPeriod);
        }

        // Of a quiet run too: liars are sent away at any time, and others must come for them.
        _clock.Plan(new Happening { Kind = HappeningKind.Heal }, Math.Max(Options.ChaosEnd, 10 * Network.Delay()));
        Story.Begin(this);
        while (!_over)
        {
            if (!_clock.TryNext(out var happening, out var due))
            {
                throw new SimulationFailure("nothing will happen any more, and the run is not over");
            }

            if (Now > Options.ChaosEnd + Options.Patience || _clock.Passed > EventsMaximum)
            {
                throw new SimulationFailure($"the run is not over at {Now} us, after {_clock.Passed} events");
            }

            Happen(in happening, due);
        }
    }

    /// <summary>An id that no connection ever had.</summary>
    public int NextId() => ++_ids;

    /// <summary>Notes that a step's weights became current.</summary>
    public void OnCommitted(int step)
    {
        if (step == _commits.Count + 1)
        {
            _commits.Add(Now);
        }
    }

    /// <summary>Lets the coordinator's life hear of something that happened in its own process.</summary>
    public void PlanInput(in Input input, int session, long delay) =>
        _clock.Plan(new Happening { Kind = HappeningKind.Input, Input = input, Number = session }, Now + delay);

    public void PlanArrival(Connection connection, bool isUp, in Message message, long due) => _clock.Plan(
        new Happening { Kind = isUp ? HappeningKind.ToCoordinator : HappeningKind.ToWorker, Connection = connection, Message = message },
        due);

    public void PlanBeat(Connection connection) =>
        _clock.Plan(new Happening { Kind = HappeningKind.Beat, Connection = connection }, Now + Options.BeatPeriod);

    public void PlanWireFree(Connection connection) =>
        _clock.Plan(new Happening { Kind = HappeningKind.WireFree, Connection = connection }, connection.Down.FreeAt);

    public void PlanComputed(SimulatedWorker worker, int computation, long lasts) =>
        _clock.Plan(new Happening { Kind = HappeningKind.Computed, Worker = worker, Number = computation }, Now + lasts);

    /// <summary>Lets a worker try again after a pause, which is shorter where everything is.</summary>
    public void PlanConnect(SimulatedWorker worker, TimeSpan pause) => _clock.Plan(
        new Happening { Kind = HappeningKind.Connect, Worker = worker },
        Now + ((long)pause.TotalMicroseconds * Options.Silence / RealSilence));

    /// <summary>How long ago something was.</summary>
    public TimeSpan Since(long time) => TimeSpan.FromMicroseconds(Now - time);

    /// <summary>Lets a story go on at a time.</summary>
    public void Plan(long at, Action<SimulatedWorld> action) =>
        _clock.Plan(new Happening { Kind = HappeningKind.Story, Action = action }, at);

    private void PlanCoordinatorBeat() =>
        _clock.Plan(new Happening { Kind = HappeningKind.CoordinatorBeat, Number = _session }, Now + Options.BeatPeriod);

    private void Happen(in Happening happening, Due due)
    {
        if (WaitsForItsProcess(in happening, due))
        {
            return;
        }

        switch (happening.Kind)
        {
            case HappeningKind.Input:
                if (!IsDown && happening.Number == _session)
                {
                    Coordinator.Deliver(in happening.Input, default);
                }

                break;
            case HappeningKind.ToCoordinator:
                ReachCoordinator(in happening);
                break;
            case HappeningKind.ToWorker:
                ReachWorker(in happening);
                break;
            case HappeningKind.Computed:
                happening.Worker!.Finish(happening.Number);
                break;
            case HappeningKind.Beat:
                if (happening.Connection!.Worker.IsAlive)
                {
                    happening.Connection.Worker.Beat(happening.Connection);
                }

                break;
            case HappeningKind.CoordinatorBeat:
                if (happening.Number == _session && !IsDown)
                {
                    Coordinator.Beat();
                    PlanCoordinatorBeat();
                }

                break;
            case HappeningKind.WireFree:
                happening.Connection!.Coordinator!.OnWireFree(happening.Connection);
                break;
            case HappeningKind.Connect:
                happening.Worker!.Connect();
                break;
            case HappeningKind.Join:
                Join(isLiar: happening.Flag, happening.Number);
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
            case HappeningKind.Story:
                happening.Action!(this);
                break;
        }
    }

    /// <summary>
    /// What happens to a process that is stopped happens when it goes on, in order.
    /// </summary>
    private bool WaitsForItsProcess(in Happening happening, Due due)
    {
        var until = happening.Kind switch
        {
            HappeningKind.Input or HappeningKind.ToCoordinator or HappeningKind.WireFree or HappeningKind.CoordinatorBeat =>
                _coordinatorStoppedUntil,
            HappeningKind.ToWorker or HappeningKind.Beat => happening.Connection!.Worker.StoppedUntil,
            HappeningKind.Computed or HappeningKind.Connect => happening.Worker!.StoppedUntil,
            _ => 0,
        };
        if (until <= Now || happening.Connection is { Worker.IsAlive: false })
        {
            return false;
        }

        _clock.Postpone(happening, due, until);
        return true;
    }

    private void ReachCoordinator(in Happening happening)
    {
        if (!IsDown)
        {
            Coordinator.Receive(happening.Connection!, in happening.Message);
        }
        else if (happening.Message.Kind == MessageKind.Hello)
        {
            // Nobody listens: the worker's system says so at once.
            Network.Reset(happening.Connection!, toCoordinator: false);
        }
        else if (happening.Message.IsAnswer && IsChaos)
        {
            _heldUp.Add((happening.Connection!, happening.Message));
        }
    }

    private void ReachWorker(in Happening happening)
    {
        var connection = happening.Connection!;
        if (connection.Worker.IsAlive)
        {
            connection.Worker.Receive(connection, in happening.Message);
        }
    }
}
