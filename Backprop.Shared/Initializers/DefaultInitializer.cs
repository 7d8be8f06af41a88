using Backprop.Shared.Primitives;

namespace Backprop.Shared.Initializers;

/// <summary>As PyTorch's Linear: weights and biases uniform within ±1/√fan-in.</summary>
[Kind("default")]
public sealed record DefaultInitializer : InitializerSpec
{
    /// <inheritdoc/>
    public override void Fill(in InitializerContext context, Span<float> values) => RandomFill.Default(context, values);
}
