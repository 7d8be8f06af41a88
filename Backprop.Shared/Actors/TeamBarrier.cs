namespace Backprop.Shared.Actors;

/// <summary>
/// Where the slots of one process meet. The last to arrive does what is to be done alone, then all go on. Waiting spins briefly, yields
/// for a while, then sleeps: on idle cores a meeting costs well under a microsecond, with more slots than cores, or beside other programs,
/// nobody burns time for long.
/// </summary>
internal sealed class TeamBarrier
{
    private const int Spins = 2000;
    private const int Looks = 200;

    // Monitor, because waiting needs a condition: a plain lock has none.
    private readonly object _gate = new();
    private readonly int _parties;
    private readonly bool _crowded;
    private readonly YieldingWait _yielding = new(Looks, TimeProvider.System);
    private int _missing;
    private int _sleepers;
    private volatile int _round;
    private volatile bool _broken;

    /// <param name="parties">How many slots meet.</param>
    public TeamBarrier(int parties)
    {
        (_parties, _missing) = (parties, parties);
        _crowded = parties > Environment.ProcessorCount;
    }

    /// <summary>Waits for all others.</summary>
    /// <param name="alone">What the last to arrive does before all go on.</param>
    /// <exception cref="TeamBrokenException">Somebody has left: the others must, too.</exception>
    public void Arrive(Action? alone = null)
    {
        ThrowIfBroken();
        var round = _round;
        if (Interlocked.Decrement(ref _missing) == 0)
        {
            alone?.Invoke();
            _missing = _parties;
            Release();
        }
        else
        {
            Wait(round);
        }

        ThrowIfBroken();
    }

    /// <summary>Leaves for good: everybody who waits or comes later gets a <see cref="TeamBrokenException"/>.</summary>
    public void Break()
    {
        _broken = true;
        Release();
    }

    private void Release()
    {
        // The full fence of the increment orders it before the look at the sleepers, whose own fence orders their entry before the look
        // at the round.
#pragma warning disable CS0420 // Interlocked is the volatile access.
        Interlocked.Increment(ref _round);
#pragma warning restore CS0420
        if (Volatile.Read(ref _sleepers) > 0)
        {
            lock (_gate)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }

    private void Wait(int round)
    {
        for (var spin = 0; spin < Spins && !_crowded; spin++)
        {
            if (_round != round)
            {
                return;
            }

            Thread.SpinWait(1);
        }

        if (_yielding.Begin() && IsOverSoon(round))
        {
            return;
        }

        lock (_gate)
        {
            Interlocked.Increment(ref _sleepers);
            while (_round == round)
            {
                Monitor.Wait(_gate);
            }

            Interlocked.Decrement(ref _sleepers);
        }
    }

    private bool IsOverSoon(int round)
    {
        var looks = 0;
        while (_round == round)
        {
            if (++looks > _yielding.Looks || !_yielding.Yield())
            {
                return false;
            }
        }

        _yielding.Found();
        return true;
    }

    private void ThrowIfBroken()
    {
        if (_broken)
        {
            throw new TeamBrokenException();
        }
    }
}

/// <summary>Another slot of the team has failed; its own exception says how.</summary>
internal sealed class TeamBrokenException : Exception;
