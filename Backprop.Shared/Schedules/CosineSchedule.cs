using Backprop.Shared.Kernels;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Schedules;

/// <summary>
/// Half a cosine: floor + (1 - floor) · (1 + cos(π · (step - w) / (total - w))) / 2 after w warm-up steps, in which the factor is (step +
/// 1) / w. It is the floor at the total and after it.
/// </summary>
/// <seealso href="https://arxiv.org/abs/1608.03983"/>
[Kind("cosine")]
public sealed record CosineSchedule : ScheduleSpec
{
    /// <summary>How many steps the rate rises before it falls, 0 or more. Default 0.</summary>
    public int WarmupSteps
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(WarmupSteps), "warmupSteps must be 0 or more");
    }

    /// <summary>The factor at the end, in [0, 1]. Default 0.</summary>
    public double Floor
    {
        get;
        init => field = value is >= 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Floor), "floor must be in [0, 1]");
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

        if (step >= total)
        {
            return Floor;
        }

        // A cosine that is rounded below -1 must not make the factor negative.
        var angle = Math.PI * ((step - WarmupSteps) / (double)(total - WarmupSteps));
        return Floor + ((1 - Floor) * Math.Max(0, 1 + Functions.Cos(angle)) / 2);
    }
}
