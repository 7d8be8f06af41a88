using Backprop.Shared.Losses;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Metrics;

/// <summary>The fraction of samples whose highest output is the right class; the first of equal ones counts.</summary>
[Kind("accuracy")]
public sealed record AccuracySpec : MetricSpec
{
    /// <inheritdoc/>
    public override bool TakesLabels => true;

    /// <inheritdoc/>
    public override bool HigherIsBetter => true;

    /// <inheritdoc/>
    public override double Value(ReadOnlySpan<float> outputs, Targets targets)
    {
        var best = 0;
        for (var i = 1; i < outputs.Length; i++)
        {
            best = outputs[i] > outputs[best] ? i : best;
        }

        return best == targets.Labels[0] ? 1 : 0;
    }
}
