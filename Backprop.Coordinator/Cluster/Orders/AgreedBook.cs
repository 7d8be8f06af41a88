using Backprop.Coordinator.Cluster.Record;

namespace Backprop.Coordinator.Cluster.Orders;

/// <summary>
/// What was ordered, in two books. <see cref="Agreed"/> has what is committed: only that is acted on. <see cref="Draft"/> has what was
/// proposed, too: by that the next order is judged. One thread.
/// </summary>
/// <param name="record">Where it is kept.</param>
/// <param name="term">The term in which this node leads.</param>
internal sealed class AgreedBook(RecordCopy record, long term)
{
    private readonly SortedDictionary<long, List<Waiting>> _waiting = [];
    private long _agreed;
    private long _proposed;

    /// <summary>What no takeover loses.</summary>
    public OrderBook Agreed { get; } = new();

    /// <summary>The same, and what is proposed.</summary>
    public OrderBook Draft { get; } = new();

    /// <summary>Reads what is committed.</summary>
    /// <param name="told">Told of each entry that is committed from now on, with its place, under a lock.</param>
    /// <returns>False: this node does not lead any more.</returns>
    public bool Begin(Action<long, RecordEntry> told)
    {
        if (record.Listen(term, told) is not { } entries)
        {
            return false;
        }

        foreach (var entry in entries)
        {
            Agreed.Apply(entry.What);
            Draft.Apply(entry.What);
        }

        _agreed = _proposed = entries.Count;
        return true;
    }

    /// <summary>Proposes an entry.</summary>
    /// <param name="done">Called when it is committed.</param>
    /// <param name="lost">Called where it is not known what becomes of it.</param>
    /// <exception cref="Shared.Primitives.UserException">It cannot be written (exit code 5): nothing was ordered.</exception>
    public void Propose(OrderEntry entry, Action? done = null, Action? lost = null)
    {
        if (record.Propose(entry, term) is not { } index)
        {
            lost?.Invoke();
            return;
        }

        _proposed = Math.Max(_proposed, index);
        Draft.Apply(entry);
        Wait(index, done, lost);
    }

    /// <summary>Calls back when all that was proposed so far is committed: what was judged by it is true then.</summary>
    public void Then(Action done, Action lost)
    {
        if (_proposed <= _agreed)
        {
            done();
        }
        else
        {
            Wait(_proposed, done, lost);
        }
    }

    /// <summary>An entry was committed.</summary>
    public void Commit(long index, RecordEntry entry)
    {
        if (index != _agreed + 1)
        {
            return;
        }

        _agreed = index;
        Agreed.Apply(entry.What);
        if (index > _proposed)
        {
            // The record's own, or another thread's: nobody here has drafted it.
            _proposed = index;
            Draft.Apply(entry.What);
        }

        if (_waiting.Remove(index, out var all))
        {
            all.ForEach(waiting => waiting.Done?.Invoke());
        }
    }

    /// <summary>This node leads no more: what was proposed may be lost, or may not.</summary>
    public void Lose()
    {
        record.Listen(term, null);
        Waiting[] all = [.. _waiting.Values.SelectMany(waiting => waiting)];
        _waiting.Clear();
        foreach (var waiting in all)
        {
            waiting.Lost?.Invoke();
        }
    }

    private void Wait(long index, Action? done, Action? lost)
    {
        if (!_waiting.TryGetValue(index, out var all))
        {
            _waiting.Add(index, all = []);
        }

        all.Add(new Waiting(done, lost));
    }

    private readonly record struct Waiting(Action? Done, Action? Lost);
}
