using Backprop.Shared.Kernels;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Optimizers;

/// <summary>
/// Adam with bias correction, as PyTorch has it: p ← p - rate / (1 - beta1^t) · m / (√v / √(1 - beta2^t) + epsilon), where t counts from 1.
/// Weight decay joins the gradient. The order of roundings is <see cref="AdamOperator"/>'s.
/// </summary>
/// <seealso href="https://arxiv.org/abs/1412.6980"/>
[Kind("adam")]
public record AdamOptimizer : OptimizerSpec
{
    private static readonly string[] Names = ["mean", "variance"];

    /// <summary>Decay of the gradient's running mean, in [0, 1). Default 0.9.</summary>
    public double Beta1
    {
        get;
        init => field = value is >= 0 and < 1 ? value : throw new ArgumentOutOfRangeException(nameof(Beta1), "beta1 must be in [0, 1)");
    } = 0.9;

    /// <summary>Decay of the squared gradient's running mean, in [0, 1). Default 0.999.</summary>
    public double Beta2
    {
        get;
        init => field = value is >= 0 and < 1 ? value : throw new ArgumentOutOfRangeException(nameof(Beta2), "beta2 must be in [0, 1)");
    } = 0.999;

    /// <summary>Keeps the divisor from 0: above 0, in float32 too, and finite. Default 1e-8.</summary>
    public double Epsilon
    {
        get;
        init => field = (float)value > 0 && float.IsFinite((float)value) ? value
            : throw new ArgumentOutOfRangeException(nameof(Epsilon), "epsilon must be above 0 and finite in float32");
    } = 1e-8;

    /// <inheritdoc/>
    public override IReadOnlyList<string> StateNames => Names;

    /// <inheritdoc/>
    public override void Update(in OptimizerStep step, ReadOnlySpan<float> gradient, Span<float> parameters, in StateBlocks state)
    {
        var mean = 1 - Powers.Whole(Beta1, step.Step + 1);
        var variance = 1 - Powers.Whole(Beta2, step.Step + 1);
        var op = new AdamOperator(
            beta1: (float)Beta1,
            oneMinusBeta1: (float)(1 - Beta1),
            beta2: (float)Beta2,
            oneMinusBeta2: (float)(1 - Beta2),
            rootScale: (float)(1 / Math.Sqrt(variance)),
            epsilon: (float)Epsilon,
            minusRate: (float)-(step.Rate / mean),
            keep: DecaysWeightsDirectly ? (float)(1 - (step.Rate * WeightDecay)) : 1);
        UpdateTraversal.Run(op, gradient, parameters, state[0], state[1]);
    }
}
