using Backprop.Shared.Losses;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Metrics;

/// <summary>The mean distance between outputs and targets, over a sample's outputs and over the samples.</summary>
[Kind("mean-absolute-error")]
public sealed record MeanAbsoluteErrorSpec : MetricSpec
{
    /// <inheritdoc/>
    public override bool TakesLabels => false;

    /// <inheritdoc/>
    public override bool HigherIsBetter => false;

    /// <inheritdoc/>
    public override double Value(ReadOnlySpan<float> outputs, Targets targets)
    {
        var sum = 0.0;
        for (var i = 0; i < outputs.Length; i++)
        {
            sum += Math.Abs((double)outputs[i] - targets.Values[i]);
        }

        return sum / outputs.Length;
    }
}
