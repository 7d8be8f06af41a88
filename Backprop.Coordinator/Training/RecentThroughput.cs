namespace Backprop.Coordinator.Training;

/// <summary>
/// How fast a run is now: samples by the clock over the last ten seconds or so, evaluations and waits included, because the time that is
/// left has them too. Where nothing has been committed for so long it is 0. Noting a step allocates nothing.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class RecentThroughput(TimeProvider time)
{
    private const int MarksMaximum = 64;

    /// <summary>The stretch that is looked at; or three steps, where they take longer.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan MarkEvery = TimeSpan.FromMilliseconds(250);
    private readonly (long At, long Samples)[] _marks = new (long, long)[MarksMaximum];
    private int _count;
    private long _samples;
    private long _lastAt;
    private double _lastStepSeconds;

    /// <summary>The training begins, or goes on after a wait that shall not count.</summary>
    public void Begin()
    {
        (_count, _lastAt) = (0, time.GetTimestamp());
        Mark(_lastAt);
    }

    /// <summary>A step with so many samples is committed.</summary>
    public void Add(int samples)
    {
        if (_count == 0)
        {
            // How long it took is not known.
            _samples += samples;
            Begin();
            return;
        }

        var now = time.GetTimestamp();
        _lastStepSeconds = time.GetElapsedTime(_lastAt, now).TotalSeconds;
        _samples += samples;
        _lastAt = now;
        if (time.GetElapsedTime(_marks[(_count - 1) % MarksMaximum].At, now) >= MarkEvery)
        {
            Mark(now);
        }
    }

    /// <summary>Samples per second at this moment.</summary>
    public double SamplesPerSecond()
    {
        if (_count == 0 || _samples == 0)
        {
            return 0;
        }

        var now = time.GetTimestamp();
        var window = Math.Max(Window.TotalSeconds, 3 * _lastStepSeconds);
        if (time.GetElapsedTime(_lastAt, now).TotalSeconds >= window)
        {
            return 0;
        }

        // The newest mark that is a window old; else the oldest there is.
        var kept = Math.Min(_count, MarksMaximum);
        var from = _marks[(_count - kept) % MarksMaximum];
        for (var i = _count - kept; i < _count; i++)
        {
            var mark = _marks[i % MarksMaximum];
            if (time.GetElapsedTime(mark.At, now).TotalSeconds < window)
            {
                break;
            }

            from = mark;
        }

        var seconds = time.GetElapsedTime(from.At, now).TotalSeconds;
        return seconds > 0 ? (_samples - from.Samples) / seconds : 0;
    }

    private void Mark(long at) => _marks[_count++ % MarksMaximum] = (at, _samples);
}
