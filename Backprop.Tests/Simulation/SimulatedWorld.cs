using Backprop.Coordinator.Core;

namespace Backprop.Tests.Simulation;

/// <summary>
/// A whole cluster in one thread: the real cores on virtual time, processes, a network between them, and a seed that decides about
/// everything. First chaos, during which nothing wrong may happen; then the cluster is healed, and the run must end.
/// </summary>
internal sealed class SimulatedWorld
{
    private const long EventsMaximum = 400_000;

    private readonly SimulationRandom _random;
    private readonly List<SimulatedWorker> _workers = [];
    private readonly List<long> _commits = [];
    private readonly List<(Connection Connection, Message Message)> _heldUp = [];
    private readonly Course _course;
    private int _ids;
    private int _instances;
    private bool _over;

    public SimulatedWorld(SwarmOptions options, Sabotage sabotage = Sabotage.None, Story? story = null, LeftOut leftOut = default)
    {
        Options = options;
        Sabotage = sabotage;
        LeftOut = leftOut;
        Story = story ?? new Story();
        _random = new SimulationRandom(options.Seed ^ 0xC0FFEE);
        var reference = new ReferenceRun(options);
        Agenda = new Agenda(options);
        _course = new Course(this);
        Chaos = new Chaos(this, _random);
        Verdict = new Verdict(this, reference);
        Network = new SimulatedNetwork(this, options, _random);
        Model = new SimulatedModel(options);
        Storage = new SimulatedStorage(options, reference, Model, sabotage);
        Coordinator = new SimulatedCoordinator(this, options.Rules, Session);
    }

    public SwarmOptions Options { get; }

    public Sabotage Sabotage { get; }

    public LeftOut LeftOut { get; }

    public Story Story { get; }

    public Agenda Agenda { get; }

    public Chaos Chaos { get; }

    public Verdict Verdict { get; }

    public SimulatedNetwork Network { get; }

    public SimulatedModel Model { get; }

    public SimulatedStorage Storage { get; }

    /// <summary>The coordinator's present life; while it is down, the former one.</summary>
    public SimulatedCoordinator Coordinator { get; private set; }

    /// <summary>Until when the coordinator does nothing.</summary>
    public long CoordinatorStoppedUntil { get; private set; }

    /// <summary>True between a crash or a stop of the coordinator and its next life.</summary>
    public bool IsDown { get; private set; }

    /// <summary>Messages over connections that were closed where they arrived, and how many of them answered work.</summary>
    public (long All, long Answers) Strays { get; private set; }

    /// <summary>How many lives of the coordinator have ended.</summary>
    public int Session { get; private set; }

    public Journal Journal { get; } = new();

    public long Now => Agenda.Now;

    /// <summary>True while faults are drawn.</summary>
    public bool IsChaos => Chaos.IsActive;

    /// <summary>When each step was first committed.</summary>
    public IReadOnlyList<long> Commits => _commits;

    /// <summary>The processes that are alive, by age.</summary>
    public IReadOnlyList<SimulatedWorker> Workers => _workers;

    public SimulationResult Result => new(
        Coordinator.Outcome,
        Coordinator.State.Completed,
        Session + 1,
        Agenda.Passed,
        Journal.Hash,
        Coordinator.Weights,
        Network.Counts,
        Strays);

    /// <summary>Runs to the end. Throws where a promise is broken.</summary>
    public void Run()
    {
        Agenda.PlanInput(Input.Started(), Session, 0);
        Agenda.PlanCoordinatorBeat(Session);
        for (var i = 0; i < Options.Workers; i++)
        {
            var slowness = Options.Slownesses.Length > 0 ? Options.Slownesses[i] : _random.Chance(0.2) ? 8 : _random.Between(1, 2);
            Join(isLiar: i < Options.Liars, slowness);
        }

        if (IsChaos)
        {
            Agenda.Plan(HappeningKind.Chaos, Options.ChaosPeriod);
        }

        // Of a quiet run too: liars are sent away at any time, and others must come for them.
        Agenda.Plan(HappeningKind.Heal, Math.Max(Options.ChaosEnd, 10 * Network.Delay()));
        Story.Begin(this);
        while (!_over)
        {
            if (!Agenda.TryNext(out var happening, out var due))
            {
                throw new SimulationFailure("nothing will happen any more, and the run is not over");
            }

            if (Now > Options.ChaosEnd + Options.Patience || Agenda.Passed > EventsMaximum)
            {
                throw new SimulationFailure($"the run is not over at {Now} us, after {Agenda.Passed} events");
            }

            _course.Happen(in happening, due);
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

    /// <summary>How long ago something was.</summary>
    public TimeSpan Since(long time) => TimeSpan.FromMicroseconds(Now - time);

    /// <summary>The run is over.</summary>
    public void End() => _over = true;

    public void CountStray(in Message message) => Strays = (Strays.All + 1, Strays.Answers + (message.IsAnswer ? 1 : 0));

    /// <summary>A process has ended by its own wish or was sent away.</summary>
    public void OnLeft(SimulatedWorker worker) => _workers.Remove(worker);

    public void Join(bool isLiar, int slowness)
    {
        var worker = new SimulatedWorker(this, _instances++, isLiar, slowness);
        Note($"worker process {worker.Instance} starts{(isLiar ? ", a liar" : "")}, {slowness} times slower than the fastest");
        _workers.Add(worker);
        worker.Connect();
    }

    public void Kill(SimulatedWorker worker, bool silently = false)
    {
        Note($"worker process {worker.Instance} is killed{(silently ? " with its machine" : "")}");
        worker.Kill(silently);
        _workers.Remove(worker);
    }

    public void Stop(SimulatedWorker worker, long lasts)
    {
        Note($"worker process {worker.Instance} is stopped for {lasts} us");
        worker.StoppedUntil = Math.Max(worker.StoppedUntil, Now + lasts);
    }

    public void Drain(SimulatedWorker worker)
    {
        Note($"worker process {worker.Instance} is asked to leave");
        worker.Drain();
    }

    /// <summary>Cuts a worker off, in one direction or both, for a time.</summary>
    public void CutOff(SimulatedWorker worker, bool up, bool down, long lasts)
    {
        Note($"worker process {worker.Instance} is cut off{(up ? " upwards" : "")}{(down ? " downwards" : "")} for {lasts} us");
        worker.NoWayUpUntil = up ? Now + lasts : worker.NoWayUpUntil;
        worker.NoWayDownUntil = down ? Now + lasts : worker.NoWayDownUntil;
    }

    /// <summary>Of all that the coordinator sends to a worker only the heartbeats are lost.</summary>
    public void LoseBeats(SimulatedWorker worker, long lasts)
    {
        Note($"worker process {worker.Instance} gets no heartbeats for {lasts} us");
        worker.NoBeatsUntil = Now + lasts;
    }

    public void StopCoordinator(long lasts)
    {
        Note($"the coordinator is stopped for {lasts} us");
        CoordinatorStoppedUntil = Math.Max(CoordinatorStoppedUntil, Now + lasts);
    }

    /// <summary>
    /// The coordinator's process ends. What it was writing is there or not; its connections are gone; after a while it is started again.
    /// </summary>
    public void CrashCoordinator(bool silently)
    {
        Note($"the coordinator is killed{(silently ? " with its machine" : "")} after step {Coordinator.State.Completed}");
        GoDown(silently);
    }

    /// <summary>
    /// Answers to a coordinator that is gone were held up on their way, and arrive where they hurt: in another life that is at that step.
    /// </summary>
    public void ReleaseHeldUp(int step)
    {
        if (_heldUp.Count == 0)
        {
            return;
        }

        var due = Now + Network.Delay();
        foreach (var (connection, message) in _heldUp)
        {
            if (message.Work.Step == step)
            {
                Agenda.PlanArrival(connection, isUp: true, in message, due);
            }
        }

        _heldUp.RemoveAll(h => h.Message.Work.Step <= step);
    }

    /// <summary>The coordinator's process ends, and will be started again.</summary>
    public void GoDown(bool silently)
    {
        IsDown = true;
        Session++;
        CoordinatorStoppedUntil = 0;
        Coordinator.Reception.Die(silently);
        if (Coordinator.Writing is { } writing && _random.Chance(0.5))
        {
            Storage.MakeDurable(writing.Step, writing.Weights);
        }

        Agenda.Plan(HappeningKind.Restart, Now + (_random.Between(2, 30) * Network.Delay()));
    }

    /// <summary>Tells what went wrong, for the report.</summary>
    public void Note(string what) => Journal.Tell(Now, what);

    /// <summary>A message has reached the coordinator's machine.</summary>
    public void ReachCoordinator(in Happening happening)
    {
        if (!IsDown)
        {
            Coordinator.Reception.Receive(happening.Connection!, in happening.Message);
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

    /// <summary>The next life of the coordinator.</summary>
    public void Restart()
    {
        Note($"the coordinator is started again, at step {Storage.DurableStep}");
        IsDown = false;
        Verdict.ForgetLies();
        Storage.Resume();
        Coordinator = new SimulatedCoordinator(this, Options.Rules with { StopAt = 0 }, Session);
        Agenda.PlanInput(Input.Started(), Session, Network.Delay());
        Agenda.PlanCoordinatorBeat(Session);
    }

    /// <summary>
    /// No new faults, and enough workers that tell the truth. Who is dead stays dead; what was cut off or stopped goes on.
    /// </summary>
    public void Heal()
    {
        Chaos.End();
        var honest = 0;
        foreach (var worker in _workers)
        {
            honest += worker.IsLiar ? 0 : 1;
        }

        for (; Options.Heals && honest < Options.Rules.WorkersMinimum; honest++)
        {
            Join(isLiar: false, slowness: 1);
        }
    }
}
