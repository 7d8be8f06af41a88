namespace Backprop.Tests.TestUtilities;

/// <summary>A clock that a test moves, its timers with it. It begins on 22 November 2026 at noon, UTC.</summary>
internal sealed class ManualClock : TimeProvider
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private readonly List<Alarm> _alarms = [];
    private TimeSpan _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long GetTimestamp() => _now.Ticks;

    public override DateTimeOffset GetUtcNow() => Noon + _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var alarm = new Alarm(this, () => callback(state));
        lock (_alarms)
        {
            _alarms.Add(alarm);
        }

        alarm.Change(dueTime, period);
        return alarm;
    }

    /// <summary>Time passes for who looks at it, before a timer has rung.</summary>
    public void Leap(double seconds) => _now += TimeSpan.FromSeconds(seconds);

    public void Advance(double seconds)
    {
        _now += TimeSpan.FromSeconds(seconds);
        Alarm[] alarms;
        lock (_alarms)
        {
            alarms = [.. _alarms];
        }

        foreach (var alarm in alarms)
        {
            alarm.Ring();
        }
    }

    private sealed class Alarm(ManualClock clock, Action rings) : ITimer
    {
        private TimeSpan? _due;
        private TimeSpan _period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            _due = dueTime == Timeout.InfiniteTimeSpan ? null : clock._now + dueTime;
            return true;
        }

        public void Ring()
        {
            if (_due <= clock._now)
            {
                // However far the clock was moved at once, as for a process that did not run.
                _due = _period == Timeout.InfiniteTimeSpan ? null : clock._now + _period;
                rings();
            }
        }

        public void Dispose()
        {
            lock (clock._alarms)
            {
                clock._alarms.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
