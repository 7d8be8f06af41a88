using Backprop.Shared.Primitives;

namespace Backprop.Shared.Schedules;

/// <summary>Stairs: factor^⌊step / everySteps⌋.</summary>
[Kind("step")]
public sealed record StepSchedule : ScheduleSpec
{
    /// <summary>How many steps a stair is long, 1 or more; must be given.</summary>
    public required int EverySteps
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(EverySteps), "everySteps must be 1 or more");
    }

    /// <summary>What the rate is multiplied by at the end of each stair, above 0 and at most 1. Default 0.1.</summary>
    public double Factor
    {
        get;
        init => field = value is > 0 and <= 1 ? value
            : throw new ArgumentOutOfRangeException(nameof(Factor), "factor must be above 0 and at most 1");
    } = 0.1;

    /// <inheritdoc/>
    public override double FactorAt(long step, long total) => Powers.Whole(Factor, step / EverySteps);
}
