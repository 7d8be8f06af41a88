using Backprop.Shared.Models;
using Backprop.Shared.Tensors;

namespace Backprop.Shared.Layers;

/// <summary>
/// What a run file says of a layer: its kind and settings. A new layer is one file: a record like this with a <c>[Kind]</c>, and the
/// <see cref="Layer"/> it builds.
/// </summary>
public abstract record LayerSpec
{
    /// <summary>Builds the layer for the shapes that reach it, and declares its parameters.</summary>
    /// <exception cref="ShapeException">The input's shape does not fit.</exception>
    public abstract Layer Build(LayerBuilder builder);
}
