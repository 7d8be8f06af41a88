using Backprop.Shared.Tensors;

namespace Backprop.Shared.Layers;

/// <summary>A layer, built for given shapes. Placeholder surface: see the engine.</summary>
public abstract class Layer(string name, Shape output)
{
    /// <summary>The full name, as <c>layers.0</c>.</summary>
    public string Name { get; } = name;

    /// <summary>The sample shape of the output.</summary>
    public Shape Output { get; } = output;
}
