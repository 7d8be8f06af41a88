using Backprop.Shared.Models;
using Backprop.Shared.Primitives;
using Backprop.Shared.Tensors;

namespace Backprop.Shared.Layers;

/// <summary>Sees a sample of any shape as one row of features: <c>[28, 28]</c> becomes <c>[784]</c>. Copies nothing.</summary>
[Kind("flatten")]
public sealed record FlattenSpec : LayerSpec
{
    /// <inheritdoc/>
    public override Layer Build(LayerBuilder builder) => new Flatten(builder.Name, builder.Input);
}

/// <summary>See <see cref="FlattenSpec"/>.</summary>
internal sealed class Flatten(string name, Shape input) : Layer(name, input, new Shape(input.Volume))
{
    public override bool IsView => true;

    public override void Forward(in LayerPass pass)
    {
        // A view: the output is the input's memory.
    }

    public override void BackwardInput(in LayerPass pass)
    {
        // The same of the gradients.
    }
}
