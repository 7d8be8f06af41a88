using Backprop.Shared.Primitives;

namespace Backprop.Shared.Initializers;

/// <summary>Weights and biases 0. Two layers of it in a row never learn: their gradients are 0 too.</summary>
[Kind("zeros")]
public sealed record ZerosInitializer : InitializerSpec
{
    /// <inheritdoc/>
    public override void Fill(in InitializerContext context, Span<float> values) => values.Clear();
}
