using Backprop.Shared.Losses;

namespace Backprop.Shared.Metrics;

/// <summary>
/// A figure of an evaluation, found by its kind: the mean over all samples of a value that each sample gives alone, summed in float64
/// as the loss is.
/// </summary>
public abstract record MetricSpec
{
    /// <summary>True where it needs class labels.</summary>
    public abstract bool TakesLabels { get; }

    /// <summary>True where more is better.</summary>
    public abstract bool HigherIsBetter { get; }

    /// <summary>The value of one row.</summary>
    /// <param name="outputs">The model's outputs for the sample, <c>[width]</c>.</param>
    /// <param name="targets">What they should have been: one label, or <c>[width]</c> values.</param>
    public abstract double Value(ReadOnlySpan<float> outputs, Targets targets);
}
