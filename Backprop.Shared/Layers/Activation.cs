using Backprop.Shared.Kernels;
using Backprop.Shared.Kernels.Products;
using Backprop.Shared.Tensors;

namespace Backprop.Shared.Layers;

/// <summary>An element-by-element function whose derivative follows from its output alone, written once for every width.</summary>
internal interface IActivation
{
    /// <summary>y = f(x).</summary>
    static abstract TVector Value<TWidth, TVector>(TVector x)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct;

    /// <summary>dx = dy · f'(x), from y = f(x).</summary>
    static abstract TVector Gradient<TWidth, TVector>(TVector dy, TVector y)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct;
}

/// <summary>A layer that applies an <see cref="IActivation"/>; fused into the products around it where they are linear layers.</summary>
internal abstract class Activation(string name, Shape shape) : Layer(name, shape, shape)
{
    /// <summary>A forward product with bias and this activation in its store.</summary>
    public abstract void RunForward(in ProductCall call);

    /// <summary>An input gradient with this activation's derivative in its store.</summary>
    public abstract void RunBackward(in ProductCall call);
}

/// <inheritdoc/>
internal sealed class Activation<TActivation>(string name, Shape shape) : Activation(name, shape)
    where TActivation : struct, IActivation
{
    public override void Forward(in LayerPass pass) => Traversal.Unary(default(ValueOperator), pass.Input, pass.Output);

    public override void BackwardInput(in LayerPass pass) =>
        Traversal.Binary(default(GradientOperator), pass.OutputGradient, pass.Output, pass.InputGradient);

    public override unsafe void RunForward(in ProductCall call)
    {
        if (call.Side == null)
        {
            Product.Run<StoreValue>(call with { Side = call.C, SideStride = call.Stride });
        }
        else
        {
            Product.Run<StoreBiasValue>(call);
        }
    }

    public override void RunBackward(in ProductCall call) => Product.Run<StoreGradient>(call);

    private readonly struct ValueOperator : IUnaryOperator
    {
        public TVector Apply<TWidth, TVector>(TVector x)
            where TWidth : struct, IWidth<TVector>
            where TVector : struct => TActivation.Value<TWidth, TVector>(x);
    }

    private readonly struct GradientOperator : IBinaryOperator
    {
        public TVector Apply<TWidth, TVector>(TVector x, TVector y)
            where TWidth : struct, IWidth<TVector>
            where TVector : struct => TActivation.Gradient<TWidth, TVector>(x, y);
    }

    private readonly struct StoreValue : IProductStore
    {
        public static bool Changes => true;

        public static TVector Apply<TWidth, TVector>(TVector value, TVector side)
            where TWidth : struct, IWidth<TVector>
            where TVector : struct => TActivation.Value<TWidth, TVector>(value);
    }

    private readonly struct StoreBiasValue : IProductStore
    {
        public static bool Changes => true;

        public static TVector Apply<TWidth, TVector>(TVector value, TVector side)
            where TWidth : struct, IWidth<TVector>
            where TVector : struct => TActivation.Value<TWidth, TVector>(TWidth.Add(value, side));
    }

    private readonly struct StoreGradient : IProductStore
    {
        public static bool Changes => true;

        public static TVector Apply<TWidth, TVector>(TVector value, TVector side)
            where TWidth : struct, IWidth<TVector>
            where TVector : struct => TActivation.Gradient<TWidth, TVector>(value, side);
    }
}
