using Backprop.Shared.Models;
using Backprop.Shared.Tensors;

namespace Backprop.Shared.Layers;

/// <summary>
/// A layer, built for given shapes. It keeps nothing between calls: values, gradients, weights and scratch memory come with the
/// <see cref="LayerPass"/>. Rows are independent, so any slot may compute any rows; only <see cref="BackwardParameters"/> sums over
/// samples, and it alone knows about shards.
/// </summary>
public abstract class Layer
{
    /// <summary>A layer with the name that the builder gives.</summary>
    /// <param name="name">The full name, as <c>layers.0</c>.</param>
    /// <param name="input">The sample shape of its input.</param>
    /// <param name="output">The sample shape of its output.</param>
    protected Layer(string name, Shape input, Shape output)
    {
        Name = name;
        Input = input;
        Output = output;
    }

    /// <summary>The full name, by its place in the model: <c>layers.0</c>.</summary>
    public string Name { get; }

    /// <summary>The sample shape of the input.</summary>
    public Shape Input { get; }

    /// <summary>The sample shape of the output.</summary>
    public Shape Output { get; }

    /// <summary>What the layer declared, in order.</summary>
    public virtual IReadOnlyList<Parameter> Parameters => [];

    /// <summary>True where the output is the input seen with another shape: nothing is computed or copied.</summary>
    public virtual bool IsView => false;

    /// <summary>How many multiplications and additions a sample costs in one forward pass.</summary>
    public virtual long OperationsPerSample => 0;

    /// <summary>
    /// True where slots may divide this layer's outputs among themselves (<see cref="LayerPass.Part"/>), instead of its rows. The bits
    /// are the same; the weights are then read once.
    /// </summary>
    public virtual bool CanSplitOutputs => false;

    /// <summary>Output rows from input rows.</summary>
    public abstract void Forward(in LayerPass pass);

    /// <summary>The input's gradient from the output's, row by row.</summary>
    public abstract void BackwardInput(in LayerPass pass);

    /// <summary>
    /// The <b>sum</b> over the pass' rows of each parameter's gradient: a chain for each shard, folded by the reduction tree. Overwrites.
    /// </summary>
    public virtual void BackwardParameters(in LayerPass pass)
    {
    }

    /// <summary>How many floats of scratch memory a slot needs for so many rows and shards.</summary>
    public virtual int ScratchFloats(int rows, int shards) => 0;
}
