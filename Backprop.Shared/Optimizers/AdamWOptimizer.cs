using Backprop.Shared.Primitives;

namespace Backprop.Shared.Optimizers;

/// <summary>
/// Adam with decoupled weight decay, 0.01 by default: p ← p · (1 - rate · weightDecay), then as <see cref="AdamOptimizer"/>.
/// </summary>
/// <seealso href="https://arxiv.org/abs/1711.05101"/>
[Kind("adamw")]
public sealed record AdamWOptimizer : AdamOptimizer
{
    /// <summary>With PyTorch's default decay.</summary>
    public AdamWOptimizer() => WeightDecay = 0.01;

    /// <inheritdoc/>
    public override bool DecaysWeightsDirectly => true;
}
