using Backprop.Shared.Kernels;
using Backprop.Shared.Kernels.Operators;
using Backprop.Shared.Models;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Layers;

/// <summary>The logistic function: y = 1 / (1 + e^-x). Any shape.</summary>
[Kind("sigmoid")]
public sealed record SigmoidSpec : LayerSpec
{
    /// <inheritdoc/>
    public override Layer Build(LayerBuilder builder) => new Activation<Sigmoid>(builder.Name, builder.Input);
}

/// <summary>See <see cref="SigmoidSpec"/>; the derivative is y · (1 - y).</summary>
internal readonly struct Sigmoid : IActivation
{
    public static TVector Value<TWidth, TVector>(TVector x)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct => default(SigmoidOperator).Apply<TWidth, TVector>(x);

    public static TVector Gradient<TWidth, TVector>(TVector dy, TVector y)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct =>
        TWidth.Multiply(dy, TWidth.Multiply(y, TWidth.Subtract(TWidth.Broadcast(1f), y)));
}
