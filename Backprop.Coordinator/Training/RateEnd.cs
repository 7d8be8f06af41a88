using Backprop.Shared.Schedules;

namespace Backprop.Coordinator.Training;

/// <summary>Where a schedule comes to nothing before its run does. Pure.</summary>
internal static class RateEnd
{
    /// <summary>The same in a sentence; null where there is nothing to say.</summary>
    public static string? Doubt(ScheduleSpec schedule, long done, long total) => Of(schedule, done, total) is not { } from ? null
        : $"the learning rate is 0 from step {from} to the end, step {total}: weights do not change there; "
            + "schedule.floor is what keeps it above";

    /// <summary>The first of several last steps, from 1, with a learning rate of 0; null where there are no such.</summary>
    /// <param name="done">How many steps are done already.</param>
    /// <param name="total">How many there shall be.</param>
    public static long? Of(ScheduleSpec schedule, long done, long total)
    {
        // A schedule that ends at 0 may reach it with its last step.
        if (total - done < 2 || schedule.FactorAt(total - 2, total) != 0)
        {
            return null;
        }

        // It falls to 0 and stays there.
        var (low, high) = (done, total - 2);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            (low, high) = schedule.FactorAt(middle, total) == 0 ? (low, middle) : (middle + 1, high);
        }

        return low + 1;
    }
}
