using System.Collections.Immutable;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cluster.Processes;

/// <summary>
/// The worker processes of this machine: as many as are wanted run, numbered from 1; one that dies is started again after a pause. Orders
/// come from any thread and are noted; a thread of its own starts and ends processes and tells what happened, without a lock, so an event
/// may order more. It may not dispose of the host.
/// </summary>
internal sealed class WorkerHost : IDisposable
{
    /// <summary>More than a machine has any use for.</summary>
    public const int CountMaximum = 1024;

    /// <summary>How long the end of all may take, with those that have to be killed.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);

    private readonly object _gate = new();
    private readonly WorkerHostOptions _options;
    private readonly TimeProvider _time;
    private readonly long _begunAt;
    private readonly OomKills _oomKills = new();
    private readonly SortedDictionary<int, WorkerSeat> _seats = [];
    private readonly ITimer _alarm;
    private readonly Thread _thread;
    private Orders _orders = new(0, [], AreEndsExpected: false, IsEnding: false);
    private WorkerView[] _views = [];
    private Dictionary<int, LineRing> _lines = [];
    private TimeSpan? _endsBy;
    private bool _isDue;

    /// <param name="time">The clock of pauses and limits.</param>
    public WorkerHost(WorkerHostOptions options, TimeProvider time)
    {
        (_options, _time, _begunAt) = (options, time, time.GetTimestamp());
        _alarm = time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _thread = new Thread(Serve) { IsBackground = true, Name = "backprop workers" };
        _thread.Start();
    }

    /// <summary>A worker process has ended, and the others go on. Not told of the ends that the end of the work brings.</summary>
    public event Action<WorkerEnd>? Ended;

    /// <summary>What the workers work for cannot go on: the sentence and the exit code.</summary>
    public event Action<UserException>? Failed;

    /// <summary><see cref="Views"/> are others.</summary>
    public event Action? Changed;

    /// <summary>All workers at one moment, by number.</summary>
    public IReadOnlyList<WorkerView> Views => Volatile.Read(ref _views);

    /// <summary>What the workers with this number wrote to standard error; null where there is none.</summary>
    public LineRing? LinesOf(int number) => Volatile.Read(ref _lines).GetValueOrDefault(number);

    private TimeSpan Now => _time.GetElapsedTime(_begunAt);

    /// <summary>
    /// So many are to run. Of more than that the highest numbers are asked to leave, and killed if they have not gone within five seconds.
    /// </summary>
    public void SetCount(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, CountMaximum);
        Order(orders => orders with { Count = count });
    }

    /// <summary>The worker with this number is asked to leave and does not run again until it is allowed to.</summary>
    public void Stop(int number)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, CountMaximum);
        Order(orders => orders with { Stopped = orders.Stopped.Add(number) });
    }

    /// <summary>The worker with this number may run again.</summary>
    public void Allow(int number) => Order(orders => orders with { Stopped = orders.Stopped.Remove(number) });

    /// <summary>What they work for is over, and they are told so by others: who ends now is neither reported nor started again.</summary>
    public void ExpectEnds() => Order(orders => orders with { AreEndsExpected = true });

    /// <summary>Ends all and waits until they are gone. What is ordered later is without effect.</summary>
    public void Dispose()
    {
        Order(orders => orders with { AreEndsExpected = true, IsEnding = true });
        _thread.Join();
        _alarm.Dispose();
    }

    private void Order(Func<Orders, Orders> change)
    {
        lock (_gate)
        {
            _orders = change(_orders);
            _isDue = true;
            Monitor.Pulse(_gate);
        }
    }

    private void Wake() => Order(orders => orders);

    private void Serve()
    {
        do
        {
            Settle(AwaitOrders());
        }
        while (_endsBy is not { } limit || (_seats.Values.Any(seat => !seat.IsEmpty) && Now < limit));

        foreach (var seat in _seats.Values)
        {
            seat.Dispose();
        }
    }

    private Orders AwaitOrders()
    {
        lock (_gate)
        {
            while (!_isDue)
            {
                Monitor.Wait(_gate);
            }

            _isDue = false;
            return _orders;
        }
    }

    private void Settle(Orders orders)
    {
        var now = Now;
        var told = new List<Action>();
        for (var number = 1; number <= orders.Count && !orders.AreEndsExpected; number++)
        {
            if (!_seats.ContainsKey(number))
            {
                _seats.Add(number, new WorkerSeat(number, _options, _oomKills, Wake));
            }
        }

        foreach (var (number, seat) in _seats.ToArray())
        {
            var isWanted = number <= orders.Count && !orders.Stopped.Contains(number) && !orders.IsEnding;
            seat.Settle(isWanted, !orders.AreEndsExpected, now, (end, problem) => told.Add(() => Tell(end, problem)));
            if (seat.IsEmpty && number > orders.Count)
            {
                seat.Dispose();
                _seats.Remove(number);
            }
        }

        _endsBy ??= orders.IsEnding ? now + EndLimit : null;
        SetAlarm();
        Show();

        // Last, so that who hears of an end finds the views and the clock's alarm as they are after it.
        if (!orders.AreEndsExpected)
        {
            told.ForEach(tell => tell());
        }
    }

    private void SetAlarm()
    {
        var next = _seats.Values.Select(seat => seat.LookAgainAt).Append(_endsBy).Min();
        var wait = next is { } at
            ? TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, (at - Now).TotalMilliseconds)))
            : Timeout.InfiniteTimeSpan;
        _alarm.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private void Show()
    {
        WorkerView[] views = [.. _seats.Values.Select(seat => seat.View)];
        if (!views.AsSpan().SequenceEqual(_views))
        {
            Volatile.Write(ref _lines, _seats.ToDictionary(seat => seat.Key, seat => seat.Value.Lines));
            Volatile.Write(ref _views, views);
            Changed?.Invoke();
        }
    }

    private void Tell(WorkerEnd end, UserException? problem)
    {
        if (problem is null)
        {
            Ended?.Invoke(end);
        }
        else
        {
            Failed?.Invoke(problem);
        }
    }

    /// <summary>What was asked of the host.</summary>
    /// <param name="Count">How many are to run.</param>
    /// <param name="Stopped">The numbers that are not to run.</param>
    /// <param name="AreEndsExpected">The work is over.</param>
    /// <param name="IsEnding">All are to go.</param>
    private sealed record Orders(int Count, ImmutableHashSet<int> Stopped, bool AreEndsExpected, bool IsEnding);
}
