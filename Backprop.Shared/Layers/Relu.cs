using Backprop.Shared.Models;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Layers;

/// <summary>The rectifier: y = x where x is not below 0, else 0. NaN stays NaN. Any shape.</summary>
[Kind("relu")]
public sealed record ReluSpec : LayerSpec
{
    /// <inheritdoc/>
    public override Layer Build(LayerBuilder builder) => new Activation<Relu>(builder.Name, builder.Input);
}

/// <summary>See <see cref="ReluSpec"/>; the derivative at 0 is 0.</summary>
internal readonly struct Relu : IActivation
{
    public static TVector Value<TWidth, TVector>(TVector x)
        where TWidth : struct, Kernels.IWidth<TVector>
        where TVector : struct => TWidth.SelectLess(x, TWidth.Broadcast(0f), TWidth.Broadcast(0f), x);

    public static TVector Gradient<TWidth, TVector>(TVector dy, TVector y)
        where TWidth : struct, Kernels.IWidth<TVector>
        where TVector : struct => TWidth.SelectLess(TWidth.Broadcast(0f), y, dy, TWidth.Broadcast(0f));
}
