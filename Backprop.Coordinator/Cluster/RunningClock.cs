namespace Backprop.Coordinator.Cluster;

/// <summary>
/// The time for which this process has run. What passes while it is stopped, or while its machine sleeps or has no processor for it, does
/// not count: workers are not late by it, and waits do not end by it. It looks at the clock ten times a second; where a second passes
/// between two looks, it did not run. From any thread.
/// </summary>
internal sealed class RunningClock : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly ITimer _watch;
    private long _lookedAt;
    private TimeSpan _ran;
    private TimeSpan _gap;

    /// <param name="time">The clock on the wall.</param>
    public RunningClock(TimeProvider time)
    {
        _time = time;
        _lookedAt = time.GetTimestamp();
        _watch = time.CreateTimer(_ => _ = Now, null, LookEvery, LookEvery);
    }

    /// <summary>For how long it has run. Allocates nothing.</summary>
    public TimeSpan Now
    {
        get
        {
            lock (_gate)
            {
                var now = _time.GetTimestamp();
                var since = _time.GetElapsedTime(_lookedAt, now);
                _lookedAt = now;
                if (since > LongestGap)
                {
                    _gap += since;
                }
                else if (since > TimeSpan.Zero)
                {
                    _ran += since;
                }

                return _ran;
            }
        }
    }

    /// <summary>For how long it did not run, told once; zero where it ran.</summary>
    public TimeSpan TakeGap()
    {
        lock (_gate)
        {
            var gap = _gap;
            _gap = TimeSpan.Zero;
            return gap;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _watch.Dispose();
}
