using Backprop.Shared.Kernels;
using Backprop.Shared.Models;
using Backprop.Shared.Primitives;
using Backprop.Shared.Tensors;

namespace Backprop.Shared.Layers;

/// <summary>
/// Softmax over a sample's features: y_i = e^(x_i) / sum e^(x_j). One dimension. With the cross-entropy loss leave it out: that takes
/// logits.
/// </summary>
[Kind("softmax")]
public sealed record SoftmaxSpec : LayerSpec
{
    /// <inheritdoc/>
    public override Layer Build(LayerBuilder builder) => builder.Input.Rank == 1
        ? new SoftmaxLayer(builder.Name, builder.Input)
        : throw new ShapeException($"{builder.Name} (softmax)", "one dimension, [features]", $"{builder.Input}, which 'flatten' makes one");
}

/// <summary>See <see cref="SoftmaxSpec"/>; dx_i = y_i · (dy_i - sum dy_j · y_j).</summary>
internal sealed class SoftmaxLayer(string name, Shape shape) : Layer(name, shape, shape)
{
    public override void Forward(in LayerPass pass) => Softmax.Rows(pass.Input, pass.InputWidth, pass.Output);

    public override void BackwardInput(in LayerPass pass)
    {
        var width = pass.OutputWidth;
        Span<float> sum = stackalloc float[1];
        for (var row = 0; row < pass.Rows; row++)
        {
            var y = pass.Output.Slice(row * width, width);
            var dy = pass.OutputGradient.Slice(row * width, width);
            var dx = pass.InputGradient.Slice(row * width, width);
            Traversal.Binary(default(Product), dy, y, dx);
            Reductions.RowSums(dx, width, sum);
            Traversal.Binary(new Difference(sum[0]), dy, y, dx);
        }
    }

    private readonly struct Product : IBinaryOperator
    {
        public TVector Apply<TWidth, TVector>(TVector x, TVector y)
            where TWidth : struct, IWidth<TVector>
            where TVector : struct => TWidth.Multiply(x, y);
    }

    private readonly struct Difference(float sum) : IBinaryOperator
    {
        private readonly float _sum = sum;

        public TVector Apply<TWidth, TVector>(TVector x, TVector y)
            where TWidth : struct, IWidth<TVector>
            where TVector : struct => TWidth.Multiply(y, TWidth.Subtract(x, TWidth.Broadcast(_sum)));
    }
}
