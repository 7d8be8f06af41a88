using Backprop.Shared.Kernels;
using Backprop.Shared.Kernels.Operators;
using Backprop.Shared.Models;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Layers;

/// <summary>The hyperbolic tangent: y = tanh x. Any shape.</summary>
[Kind("tanh")]
public sealed record TanhSpec : LayerSpec
{
    /// <inheritdoc/>
    public override Layer Build(LayerBuilder builder) => new Activation<Tanh>(builder.Name, builder.Input);
}

/// <summary>See <see cref="TanhSpec"/>; the derivative is 1 - y².</summary>
internal readonly struct Tanh : IActivation
{
    public static TVector Value<TWidth, TVector>(TVector x)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct => default(TanhOperator).Apply<TWidth, TVector>(x);

    public static TVector Gradient<TWidth, TVector>(TVector dy, TVector y)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct =>
        TWidth.Multiply(dy, TWidth.Subtract(TWidth.Broadcast(1f), TWidth.Multiply(y, y)));
}
