using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Primitives;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Cluster.Record;

/// <summary>
/// Keeps a node's copy of the record: the core behind a lock. What the core changes is saved first; what follows from it is done
/// afterwards, and not at all where the saving failed. From any thread.
/// </summary>
internal sealed class RecordCopy : IDisposable
{
    private static readonly TimeSpan TickEvery = TimeSpan.FromMilliseconds(100);
    private readonly Lock _gate = new();
    private readonly RecordDisk _disk;
    private readonly RecordRules _rules;
    private readonly RunningClock _clock;
    private readonly RecordSenders _senders;
    private readonly ITimer _ticks;
    private readonly ILogger _log;
    private RecordState _state;
    private (long Term, Action<long, RecordEntry> Tell)? _listener;
    private TaskCompletionSource _changed = Fresh();
    private int _isTicking;
    private bool _hasWarned;
    private bool _isOver;

    /// <param name="disk">The copy on disk; this one's from now on.</param>
    /// <param name="state">What it holds.</param>
    /// <param name="time">The clock on the wall.</param>
    public RecordCopy(RecordDisk disk, RecordState state, RecordRules rules, IRecordNetwork network, TimeProvider time, ILogger log)
    {
        (_disk, _rules, _log, _clock) = (disk, rules, log, new RunningClock(time));

        // Who is alone has nobody to wait for.
        var pause = state.IsMajority(1) ? TimeSpan.Zero : (rules.Patience / 2) + rules.PauseOf(state.Self, state.Promised, 0);
        _state = state with { TriesAt = _clock.Now + pause };
        _senders = new RecordSenders(this, network, rules, time);
        _ticks = time.CreateTimer(_ => Tick(), null, TickEvery, TickEvery);
    }

    /// <summary>The copy at this moment.</summary>
    public RecordState State
    {
        get
        {
            lock (_gate)
            {
                return _state;
            }
        }
    }

    /// <summary>For how long this process has run, by the clock that the record goes by.</summary>
    public TimeSpan Now => _clock.Now;

    /// <summary>A leader was heard just now: whom it names is worth asking.</summary>
    public bool HearsLeader
    {
        get
        {
            lock (_gate)
            {
                return _state.HeardAt is { } heard && _clock.Now - heard < _rules.Patience / 2;
            }
        }
    }

    /// <summary>Complete when who leads, the term, or what is committed is another than at the moment of this call.</summary>
    public Task Changed
    {
        get
        {
            lock (_gate)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>Something came from another node.</summary>
    /// <returns>The answer; null: it could not be saved, and the other is told nothing.</returns>
    public PromiseAnswer? Judge(RecordInput.PromiseAsked asked) => Advance(asked)?.Promise;

    /// <inheritdoc cref="Judge"/>
    public EntriesAnswer? Take(RecordInput.EntriesCame came) => Advance(came)?.Entries;

    /// <summary>Another node has answered.</summary>
    public void Hear(RecordInput answer) => Advance(answer);

    /// <summary>What a node is to be sent; null: this one does not lead.</summary>
    public RecordInput.EntriesCame? For(string node)
    {
        lock (_gate)
        {
            return _state.Leads && !_isOver ? RecordLeading.For(_state, node, _clock.Now, _rules) : null;
        }
    }

    /// <summary>Proposes an entry; its commit is told to the listener.</summary>
    /// <param name="term">Only in this term: who was to lead in it knows nothing of a later one. Null: in any.</param>
    /// <returns>Its place, counted from 1; null: this node does not lead, or the voters cannot be changed so.</returns>
    /// <exception cref="UserException">It cannot be written (exit code 5): nothing was proposed.</exception>
    public long? Propose(OrderEntry what, long? term = null)
    {
        lock (_gate)
        {
            return (term ?? _state.Promised) == _state.Promised
                && AdvanceOrThrow(new RecordInput.Proposed(what)) is { IsRefused: false } ? _state.Log.Count : null;
        }
    }

    /// <summary>Has each entry that is committed told, once and in order, as long as this node leads in a term.</summary>
    /// <param name="listener">Told under a lock: it only posts. Null: nobody is told any more of this term.</param>
    /// <returns>What is committed already; null: this node does not lead any more in this term.</returns>
    public IReadOnlyList<RecordEntry>? Listen(long term, Action<long, RecordEntry>? listener)
    {
        lock (_gate)
        {
            if (listener is null)
            {
                // A later term's stays.
                _listener = _listener?.Term == term ? null : _listener;
                return null;
            }

            if (!_state.IsOpen || _state.Promised != term)
            {
                return null;
            }

            _listener = (term, listener);
            return _state.Log.GetRange(0, (int)_state.Committed);
        }
    }

    /// <summary>This node leads no more, in peace: the others need not wait.</summary>
    public async Task ResignAsync()
    {
        RecordState led;
        lock (_gate)
        {
            led = _state;
            Advance(new RecordInput.Resigned());
        }

        if (led.Leads)
        {
            await _senders.TellResignedAsync(led);
        }
    }

    /// <summary>This node is the only voter from now on.</summary>
    /// <exception cref="UserException">It cannot be written (exit code 5).</exception>
    public bool TakeOver() => AdvanceOrThrow(new RecordInput.TakenOver()) is { IsRefused: false };

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            _listener = null;

            // Whoever waits for a commit here would wait for ever.
            _state = _state with { Role = RecordRole.Follower, Leader = "" };
            Wake();
        }

        _ticks.Dispose();
        _senders.Dispose();
        _clock.Dispose();
        _disk.Dispose();
    }

    private static TaskCompletionSource Fresh() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>While the disk is slow one tick waits for it, not a thread for each.</summary>
    private void Tick()
    {
        if (Interlocked.Exchange(ref _isTicking, 1) != 0)
        {
            return;
        }

        try
        {
            Advance(new RecordInput.Tick());
        }
        finally
        {
            Volatile.Write(ref _isTicking, 0);
        }
    }

    /// <summary>A disk that is full keeps this node from promising and taking anything, and is said once.</summary>
    private RecordOutput? Advance(RecordInput input)
    {
        try
        {
            return AdvanceOrThrow(input);
        }
        catch (UserException problem)
        {
            if (!_hasWarned)
            {
                _hasWarned = true;
                _log.Warned($"the cluster's record cannot be kept here: {problem.Message}");
            }

            return null;
        }
    }

    private RecordOutput? AdvanceOrThrow(RecordInput input)
    {
        lock (_gate)
        {
            if (_isOver)
            {
                return null;
            }

            var before = _state;
            var output = RecordCore.Advance(before, input, _clock.Now, _rules);
            var next = output.State;
            if (!ReferenceEquals(next, before))
            {
                _state = _disk.Cut(before, next);
                if (_disk.Save(_state, next))
                {
                    _hasWarned = false;
                }

                _state = next;
            }

            Tell(before, next);
            if (output.Asks is { } asks)
            {
                _senders.Ask(next.Voters, asks);
            }

            if (output.Sends)
            {
                _senders.SendNow();
            }

            return output;
        }
    }

    private void Tell(RecordState before, RecordState next)
    {
        if (next.IsOpen && _listener is { } listener && listener.Term == next.Promised)
        {
            for (var index = before.Committed; index < next.Committed; index++)
            {
                listener.Tell(index + 1, next.Log[(int)index]);
            }
        }

        if (before.Promised != next.Promised || before.Role != next.Role || before.Leader != next.Leader
            || before.Committed != next.Committed)
        {
            Wake();
        }
    }

    private void Wake()
    {
        var changed = _changed;
        _changed = Fresh();
        changed.SetResult();
    }
}
