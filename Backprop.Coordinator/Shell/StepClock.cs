namespace Backprop.Coordinator.Shell;

/// <summary>
/// How long a step takes: from the end of the one before, but for evaluations in between, for the time in which there were too few workers
/// to go on or the run paused, and for that in which this process did not run. Allocates nothing.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class StepClock(TimeProvider time)
{
    private long _begun;
    private long _standsStillSince;
    private bool _standsStill;
    private bool _isBegun;

    /// <summary>A step begins; where one has ended just now, it began then.</summary>
    /// <param name="anew">Something that is no step came between.</param>
    public void Begin(bool anew)
    {
        if (!_isBegun || anew)
        {
            (_begun, _isBegun) = (time.GetTimestamp(), true);
        }
    }

    /// <summary>There are too few workers or the run pauses; or there are enough again and it goes on.</summary>
    public void StandsStill(bool standsStill)
    {
        if (standsStill == _standsStill)
        {
            return;
        }

        var now = time.GetTimestamp();
        if (!standsStill)
        {
            TakeOut(now - Math.Max(_standsStillSince, _begun), now);
        }

        (_standsStill, _standsStillSince) = (standsStill, now);
    }

    /// <summary>This process did not run for a while.</summary>
    public void DidNotRun(TimeSpan gap) =>
        TakeOut((long)(gap.TotalSeconds * time.TimestampFrequency), time.GetTimestamp());

    /// <summary>How long the step has taken, in milliseconds.</summary>
    /// <param name="until">A moment of the clock.</param>
    public double Milliseconds(long until) => time.GetElapsedTime(_begun, until).TotalMilliseconds;

    /// <summary>The step has ended, and the next one begins.</summary>
    public void End(long at) => _begun = at;

    private void TakeOut(long ticks, long now) => _begun = Math.Min(_begun + ticks, now);
}
