using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Record;

namespace Backprop.Tests.Simulation.Record;

/// <summary>
/// A node: the real core, and a thin shell around it that does what the real one does. It saves before it says anything that follows.
/// </summary>
internal sealed class RecordNode(RecordWorld world, int index, long offset)
{
    private TimeSpan _sentAt;
    private bool _clockRuns;

    public int Index => index;

    /// <summary>What the others call it.</summary>
    public string Id { get; } = IdOf(world, index);

    /// <summary>It promises and counts, and does nothing by itself; files it has none.</summary>
    public bool IsWitness => Voter.IsWitness(Id);

    public RecordDisk Disk { get; } = new();

    /// <summary>Its process' copy; of no meaning while it is down.</summary>
    public RecordState State { get; private set; } = new() { Self = IdOf(world, index) };

    /// <summary>Grows with every start.</summary>
    public int Life { get; private set; }

    public bool IsUp { get; private set; }

    /// <summary>It will never come back.</summary>
    public bool IsGone { get; set; }

    /// <summary>Until then its process does not run.</summary>
    public long FrozenUntil { get; private set; }

    public bool IsFrozen => FrozenUntil > world.Now;

    /// <summary>It runs, so that somebody can ask something of it.</summary>
    public bool IsAwake => IsUp && !IsFrozen;

    /// <summary>What its own clock says; no two nodes' clocks have anything to do with each other.</summary>
    public TimeSpan Clock => new(10 * (world.Now + offset));

    /// <summary>What was proposed to it and is not acknowledged yet.</summary>
    public List<(long Index, RecordEntry Entry)> Pending { get; } = [];

    /// <summary>What came while it was frozen, and its next look at its clock.</summary>
    public List<RecordHappening> Held { get; } = [];

    /// <summary>Files on their way to it.</summary>
    public HashSet<string> Fetching { get; } = [];

    /// <summary>The newest message of which it could not take all, because files are missing.</summary>
    public RecordInput.EntriesCame? Awaiting { get; set; }

    /// <summary>It has one voter, itself: the cluster begins with it.</summary>
    public void Found()
    {
        var first = new RecordEntry(1, new OrderEntry(EntryKind.Configured) { Voters = [Id] });
        Disk.Write(State with { Promised = 1, PromisedTo = Id, Log = [first] });
        world.Checks.OnSaved(this, []);
    }

    /// <param name="triesAtOnce">It does not wait before it looks for promises.</param>
    public void Start(bool triesAtOnce)
    {
        (IsUp, FrozenUntil, _sentAt) = (true, 0, default);
        Life++;
        State = new RecordState { Self = Id, Promised = Disk.Promised, PromisedTo = Disk.PromisedTo, Log = Disk.Log };
        State = triesAtOnce
            ? State with { TriesAt = Clock }
            : RecordCore.Follow(State, State.Promised, State.PromisedTo, Clock, world.Rules);
        world.Checks.OnStarted(this);
        world.PlanTick(this);
    }

    public void Stop()
    {
        IsUp = false;
        Pending.Clear();
        Held.Clear();
        Fetching.Clear();
        Awaiting = null;
    }

    /// <param name="clockRuns">Its clock goes on meanwhile, as with SIGSTOP; it does not where a whole machine is suspended.</param>
    public void Freeze(long lasts, bool clockRuns)
    {
        (FrozenUntil, _clockRuns) = (world.Now + lasts, clockRuns);
        offset -= clockRuns ? 0 : lasts;
    }

    /// <summary>It goes on now, if it does not run.</summary>
    public void Wake()
    {
        if (IsFrozen)
        {
            offset += _clockRuns ? 0 : FrozenUntil - world.Now;
            FrozenUntil = world.Now;
        }
    }

    public void Tick()
    {
        if (IsWitness)
        {
            return;
        }

        Advance(new RecordInput.Tick());
        if (IsUp && State.Leads && Clock - _sentAt >= world.Rules.HeartbeatEvery)
        {
            SendAll();
        }
    }

    /// <summary>A message has arrived.</summary>
    public void Receive(RecordInput input) =>
        Advance(input is RecordInput.EntriesCame came && !IsWitness ? world.Files.Trim(this, came) : input);

    /// <returns>Whether it was appended, and saved.</returns>
    public bool Propose(OrderEntry what)
    {
        var before = State.Log;
        return Advance(new RecordInput.Proposed(what)) && !ReferenceEquals(State.Log, before);
    }

    /// <summary>It ceases, and says so to all.</summary>
    public void Resign()
    {
        var last = State;
        if (!last.Leads || !Advance(new RecordInput.Resigned()))
        {
            return;
        }

        foreach (var other in world.Nodes)
        {
            if (other != this)
            {
                world.Network.Send(this, other, RecordLeading.For(last, other.Id, Clock, world.Rules) with { Resigns = true });
            }
        }
    }

    /// <returns>Whether the new state counts: it was saved, and the process lives.</returns>
    public bool Advance(RecordInput input)
    {
        var before = State;
        var output = world.Saboteur.Alter(before, input, RecordCore.Advance(before, input, Clock, world.Rules));
        if (Disk.Lacks(output.State))
        {
            if (!Save(input, in output))
            {
                return false;
            }
        }

        State = output.State;
        world.Journal.Add(world.Now, this, input);
        world.Checks.OnAdvanced(this, before, input);
        world.Clients.OnAdvanced(this);
        Act(input, in output);
        return true;
    }

    private bool Save(RecordInput input, in RecordOutput output)
    {
        if (Disk.IsFull)
        {
            world.Counts.SavesFailed++;
            return false;
        }

        var crash = world.Chaos.CrashAtSave(output.State.Leads && !State.Leads);
        if (crash == CrashTime.Before)
        {
            if (world.Saboteur.Sabotage == RecordSabotage.SaidBeforeSaved)
            {
                Act(input, in output);
            }

            world.Counts.CrashesAtSave++;
            world.Crash(this, "before it saved");
            return false;
        }

        var before = Disk.Log;
        world.Saboteur.Write(Disk, output.State);
        world.Checks.OnSaved(this, before);
        if (crash == CrashTime.After)
        {
            world.Counts.CrashesAtSave++;
            world.Crash(this, "after it saved");
            return false;
        }

        return true;
    }

    private void Act(RecordInput input, in RecordOutput output)
    {
        if (input is RecordInput.PromiseAsked asked && output.Promise is { } promise)
        {
            Answer(asked.From, new RecordInput.PromiseAnswered(Id, asked.Term, asked.IsTrial, promise.IsGiven, promise.Promised));
        }
        else if (input is RecordInput.EntriesCame came && output.Entries is { } entries)
        {
            Answer(came.From, new RecordInput.EntriesAnswered(Id, came.Term, entries.IsTaken, entries.Matched, entries.Promised));
        }

        if (output.Asks is { } asks)
        {
            foreach (var voter in output.State.Voters)
            {
                if (voter != Id)
                {
                    Answer(voter, world.Saboteur.Ask(asks));
                }
            }
        }

        if (output.Sends)
        {
            SendAll();
        }
    }

    private void SendAll()
    {
        _sentAt = Clock;
        foreach (var other in world.Nodes)
        {
            if (other != this)
            {
                world.Network.Send(this, other, RecordLeading.For(State, other.Id, Clock, world.Rules));
            }
        }
    }

    private static string IdOf(RecordWorld world, int index) =>
        world.Options.HasWitness && index == world.Options.Nodes - 1 ? $"{Voter.WitnessPrefix}{index}" : $"node-{index}";

    private void Answer(string to, RecordInput input) => world.Network.Send(this, world.NodeOf(to), input);
}
