using Backprop.Shared.Primitives;

namespace Backprop.Shared.Schedules;

/// <summary>
/// A straight fall: (total - step) / (total - w) after w warm-up steps, in which the factor is (step + 1) / w. It is 0 at the total and
/// after it.
/// </summary>
[Kind("linear")]
public sealed record LinearSchedule : ScheduleSpec
{
    /// <summary>How many steps the rate rises before it falls, 0 or more. Default 0.</summary>
    public int WarmupSteps
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(WarmupSteps), "warmupSteps must be 0 or more");
    }

    /// <summary>
    /// The number of steps that the schedule looks at, 1 or more; the run's own if left out. With it a longer run is the same run.
    /// </summary>
    public long? Over
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Over), "over must be 1 or more");
    }

    /// <inheritdoc/>
    public override bool DependsOnLength => Over is null;

    /// <inheritdoc/>
    public override ScheduleSpec ForLength(long steps) => Over is null ? this with { Over = steps } : this;

    /// <inheritdoc/>
    public override double FactorAt(long step, long total)
    {
        total = Over ?? total;
        if (step < WarmupSteps)
        {
            return (step + 1) / (double)WarmupSteps;
        }

        // Here step is at least the warm-up, so below the total the divisor is at least 1.
        return step >= total ? 0 : (total - step) / (double)(total - WarmupSteps);
    }
}
