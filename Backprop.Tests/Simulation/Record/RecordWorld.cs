using Backprop.Coordinator.Cluster.Record;

namespace Backprop.Tests.Simulation.Record;

/// <summary>A cluster's record, kept by simulated nodes in one thread on virtual time.</summary>
internal sealed class RecordWorld
{
    private const long TickEvery = 100_000;

    /// <summary>A world in which more happens sends without end.</summary>
    private const long PassedMaximum = 1_000_000;

    private readonly VirtualClock<RecordHappening> _clock = new();
    private readonly Dictionary<string, RecordNode> _byId;
    private readonly RecordRecovery _recovery;
    private bool _pauses;

    public RecordWorld(RecordOptions options, RecordSabotage sabotage)
    {
        Options = options;
        Saboteur = new RecordSaboteur(sabotage);
        Rules = Saboteur.Alter(options.Rules);

        // Another sequence than the one that drew the options.
        Random = new SimulationRandom(SimulationRandom.Mix(options.Seed ^ 0xC0FFEE));
        Nodes = [.. Enumerable.Range(0, options.Nodes).Select(index => new RecordNode(
            this, index, (long)(options.ClocksApart * (Random.Between(0, 1000) / 1000.0)) + 1))];
        _byId = Nodes.ToDictionary(node => node.Id);
        (Checks, Network, Files, Clients) = (new(this), new(this), new(this), new(this));
        (Voters, Chaos, _recovery) = (new(this), new(this), new(this));
    }

    public RecordOptions Options { get; }

    public RecordRules Rules { get; }

    public SimulationRandom Random { get; }

    public IReadOnlyList<RecordNode> Nodes { get; }

    public RecordSaboteur Saboteur { get; }

    public RecordJournal Journal { get; } = new();

    public RecordCounts Counts { get; } = new();

    public RecordChecks Checks { get; }

    public RecordNetwork Network { get; }

    public RecordFiles Files { get; }

    public RecordClients Clients { get; }

    public RecordVoters Voters { get; }

    public RecordChaos Chaos { get; }

    /// <summary>Nothing goes wrong any more.</summary>
    public bool IsHealed { get; private set; }

    /// <summary>A person has taken over by force: what was committed before may be cut off.</summary>
    public bool IsForced { get; private set; }

    /// <summary>Microseconds since the beginning.</summary>
    public long Now => _clock.Now;

    /// <summary>How much has happened.</summary>
    public long Passed => _clock.Passed;

    public RecordNode NodeOf(string id) => _byId[id];

    /// <summary>The first node founds the cluster, and all start.</summary>
    public void Begin()
    {
        Nodes[0].Found();
        foreach (var node in Nodes)
        {
            node.Start(triesAtOnce: node.Index == 0);
        }

        Plan(0, Voters.Look);
        if (Options.ChaosEnd > 0)
        {
            Plan(Options.ChaosBegin, () =>
            {
                Chaos.IsActive = true;
                Chaos.Cause();
            });
            Plan(0, Clients.Order);
            Plan(Options.ChaosEnd, Heal);
        }
    }

    /// <summary>Lets time pass until the world ends, or somebody pauses it.</summary>
    public void Run()
    {
        _pauses = false;
        while (!_pauses && _clock.TryNext(out var happening, out _))
        {
            RecordChecks.Require(_clock.Passed < PassedMaximum, "messages beget messages without end");
            Happen(in happening);
        }
    }

    /// <summary>Lets so much time pass.</summary>
    public void Run(TimeSpan lasts)
    {
        Plan((long)lasts.TotalMicroseconds, End);
        Run();
    }

    /// <summary>Nothing more happens.</summary>
    public void End() => _pauses = true;

    public void Heal()
    {
        IsHealed = true;
        _recovery.Heal();
    }

    public void Plan(long delay, Action action) =>
        _clock.Plan(new RecordHappening(RecordHappeningKind.Action, null) { Action = action }, Now + delay);

    public void PlanTick(RecordNode node)
    {
        var first = Saboteur.Sabotage == RecordSabotage.SamePause ? TickEvery - (Now % TickEvery) : Random.Between(1, (int)TickEvery);
        _clock.Plan(new RecordHappening(RecordHappeningKind.Tick, node) { Life = node.Life }, Now + first);
    }

    public void PlanMessage(RecordNode to, RecordInput input, long delay) =>
        _clock.Plan(new RecordHappening(RecordHappeningKind.Message, to) { Input = input }, Now + delay);

    public void PlanFetched(RecordNode to, string path, RecordNode from, long delay) =>
        _clock.Plan(new RecordHappening(RecordHappeningKind.Fetched, to) { Life = to.Life, File = (path, from) }, Now + delay);

    public void Crash(RecordNode node, string why)
    {
        if (node.IsUp)
        {
            Counts.Crashes++;
            Note($"{node.Id} crashes {why}");
            node.Stop();
            Saboteur.Lose(node.Disk);
            Chaos.OnCrashed(node);
        }
    }

    public void Start(RecordNode node)
    {
        if (!node.IsUp && !node.IsGone)
        {
            Note($"{node.Id} starts");
            node.Start(Options.TriesAtOnce);
        }
    }

    public void Freeze(RecordNode node, long lasts)
    {
        Counts.Freezes++;
        Note($"{node.Id} stands still for {lasts / 1e6:F1} s");
        node.Freeze(lasts, Options.ClockRunsWhileFrozen);
        var until = node.FrozenUntil;
        Plan(lasts, () =>
        {
            if (node.FrozenUntil == until)
            {
                Wake(node);
            }
        });
    }

    /// <summary>A node goes on: it reads what came meanwhile, in its order, before or after it looks at its clock.</summary>
    public void Wake(RecordNode node)
    {
        node.Wake();
        var looksLast = Random.Chance(0.5);
        var looks = node.Held.FindAll(held => held.Kind == RecordHappeningKind.Tick);
        foreach (var held in node.Held)
        {
            if (!looksLast || held.Kind != RecordHappeningKind.Tick)
            {
                _clock.Plan(held, Now);
            }
        }

        foreach (var look in looksLast ? looks : [])
        {
            _clock.Plan(look, Now);
        }

        node.Held.Clear();
    }

    /// <summary>A person says that all others are gone.</summary>
    public void TakeOver(RecordNode node)
    {
        Note($"{node.Id} takes over by force");
        IsForced = true;
        Checks.History.OnTakenOver(node);
        node.Advance(new RecordInput.TakenOver());
    }

    public void Note(string what) => Journal.Tell(Now, what);

    private void Happen(in RecordHappening happening)
    {
        if (happening.Action is { } action)
        {
            action();
            return;
        }

        var node = happening.Node!;
        if (!node.IsUp || (happening.Kind != RecordHappeningKind.Message && happening.Life != node.Life))
        {
            return;
        }

        if (node.IsFrozen)
        {
            node.Held.Add(happening);
            return;
        }

        switch (happening.Kind)
        {
            case RecordHappeningKind.Tick:
                _clock.Plan(happening, Now + TickEvery);
                node.Tick();
                break;
            case RecordHappeningKind.Message:
                node.Receive(happening.Input!);
                break;
            case RecordHappeningKind.Fetched:
                Files.OnFetched(node, happening.File.Path, happening.File.From);
                break;
        }
    }
}
