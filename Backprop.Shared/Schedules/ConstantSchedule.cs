using Backprop.Shared.Primitives;

namespace Backprop.Shared.Schedules;

/// <summary>The rate as it is: factor 1.</summary>
[Kind("constant")]
public sealed record ConstantSchedule : ScheduleSpec
{
    /// <inheritdoc/>
    public override double FactorAt(long step, long total) => 1;
}
