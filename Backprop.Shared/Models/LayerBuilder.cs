using Backprop.Shared.Initializers;
using Backprop.Shared.Tensors;

namespace Backprop.Shared.Models;

/// <summary>What a layer is built with: its name, the shapes that reach it, and where it declares its parameters.</summary>
public sealed class LayerBuilder
{
    private readonly ParameterLayout _layout;

    internal LayerBuilder(string name, IReadOnlyList<Shape> inputs, ParameterLayout layout)
    {
        Name = name;
        Inputs = inputs;
        _layout = layout;
    }

    /// <summary>The layer's full name, by its place in the model: <c>layers.0</c>.</summary>
    public string Name { get; }

    /// <summary>The sample shapes of all inputs, in order.</summary>
    public IReadOnlyList<Shape> Inputs { get; }

    /// <summary>The sample shape of the only input.</summary>
    public Shape Input => Inputs.Count == 1 ? Inputs[0] : throw new ShapeException(Name, "one input", $"{Inputs.Count}");

    /// <summary>Declares a parameter, once for each name.</summary>
    /// <param name="name">Its name inside the layer, PyTorch's word: <c>weight</c>, <c>bias</c>.</param>
    /// <param name="shape">Its exported shape: linear weights <c>[out, in]</c>.</param>
    /// <param name="fanIn">How many inputs an output sees; the initialisations scale by it.</param>
    /// <param name="fanOut">How many outputs an input reaches.</param>
    /// <param name="initializer">How its first values are made.</param>
    public Parameter AddParameter(string name, Shape shape, int fanIn, int fanOut, InitializerSpec? initializer) =>
        _layout.Add(Name, name, shape, fanIn, fanOut, initializer);
}
