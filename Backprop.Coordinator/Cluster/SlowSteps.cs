namespace Backprop.Coordinator.Cluster;

/// <summary>Whether a step takes so long that people should read whom it waits for; by the time for which this process has run.</summary>
internal sealed class SlowSteps
{
    /// <summary>A step that has taken so long is worth a line, and one more each time that as much has passed.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private long _begunAt;
    private TimeSpan _lookedAt;

    /// <summary>A step begins. For whoever runs the core.</summary>
    public void Begin(TimeSpan now) => Volatile.Write(ref _begunAt, Math.Max(1, now.Ticks));

    /// <summary>For how long the step has been waited for; zero before the first.</summary>
    public TimeSpan Waited(TimeSpan now) =>
        Volatile.Read(ref _begunAt) is > 0 and var from ? now - TimeSpan.FromTicks(from) : TimeSpan.Zero;

    /// <summary>Whether that is long.</summary>
    public bool IsSlow(TimeSpan now) => Waited(now) >= Limit;

    /// <summary>Whether it is time to look at a slow step. For the thread that watches the clock.</summary>
    public bool IsDue(TimeSpan now)
    {
        if (!IsSlow(now) || now - _lookedAt <= Limit)
        {
            return false;
        }

        _lookedAt = now;
        return true;
    }
}
