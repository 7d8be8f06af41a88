namespace Backprop.Shared.Schedules;

/// <summary>A schedule, found by its kind: a factor on the learning rate, a pure function of the step.</summary>
public abstract record ScheduleSpec
{
    /// <summary>True where the factor depends on the run's number of steps; then the length belongs to the run's identity.</summary>
    public virtual bool DependsOnLength => false;

    /// <summary>
    /// The same factors for a run of so many steps, and for any longer one: what depends on the length looks at this one from now on.
    /// </summary>
    public virtual ScheduleSpec ForLength(long steps) => this;

    /// <summary>The factor of a step.</summary>
    /// <param name="step">The 0-based step.</param>
    /// <param name="total">The run's number of steps.</param>
    /// <returns>0 or more, in float64.</returns>
    public abstract double FactorAt(long step, long total);
}
