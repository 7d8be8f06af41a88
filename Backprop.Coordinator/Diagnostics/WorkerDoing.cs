using System.Globalization;

namespace Backprop.Coordinator.Diagnostics;

/// <summary>What the coordinator knows of a worker that it waits for, and what that means. Pure.</summary>
internal readonly record struct WorkerDoing
{
    /// <summary>Two heartbeats; who computes says so more often.</summary>
    private static readonly TimeSpan Silent = TimeSpan.FromSeconds(1);

    /// <summary>How long nothing has come from it.</summary>
    public required TimeSpan Silence { get; init; }

    /// <summary>How many orders are still to be sent to it.</summary>
    public required int Orders { get; init; }

    /// <summary>How many parts its weights have.</summary>
    public required int Parts { get; init; }

    /// <summary>How many of them have been handed to the system; below 0: something is being sent before them.</summary>
    public required int PartsSent { get; init; }

    /// <summary>How much of the gradient that it is sending has come, from 0 to 1.</summary>
    public required double GradientCome { get; init; }

    /// <inheritdoc/>
    public override string ToString()
    {
        if (Silence >= Silent)
        {
            return string.Create(CultureInfo.InvariantCulture, $"nothing has been heard of it for {Silence.TotalSeconds:0.0} s");
        }

        // First in time is last here: it may send one gradient while the next weights are already on their way to it.
        var what = GradientCome > 0
            ? string.Create(CultureInfo.InvariantCulture, $"it is sending, {GradientCome * 100:0} % of its gradient has come")
            : PartsSent < Parts ? $"it is receiving weights, {Math.Max(0, PartsSent)} of {Parts} parts were sent"
            : Orders > 0 ? "its orders are still to be sent"
            : "it is computing";
        return string.Create(CultureInfo.InvariantCulture, $"{what}, heard {Silence.TotalSeconds:0.0} s ago");
    }
}
