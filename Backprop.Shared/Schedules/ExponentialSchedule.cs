using Backprop.Shared.Primitives;

namespace Backprop.Shared.Schedules;

/// <summary>A fall by the same factor at every step: decay^step.</summary>
[Kind("exponential")]
public sealed record ExponentialSchedule : ScheduleSpec
{
    /// <summary>What the rate is multiplied by after each step, above 0 and at most 1; must be given.</summary>
    public required double Decay
    {
        get;
        init => field = value is > 0 and <= 1 ? value
            : throw new ArgumentOutOfRangeException(nameof(Decay), "decay must be above 0 and at most 1");
    }

    /// <inheritdoc/>
    public override double FactorAt(long step, long total) => Powers.Whole(Decay, step);
}
