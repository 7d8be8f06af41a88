using Backprop.Shared.Primitives;
using Backprop.Shared.Tensors;

namespace Backprop.Shared.Initializers;

/// <summary>How a parameter's first values are made, found by its kind.</summary>
public abstract record InitializerSpec
{
    /// <summary>Fills one parameter.</summary>
    /// <param name="context">Whose first values: its name, shape, fans, and where its random numbers come from.</param>
    /// <param name="values">Receives the values, row-major in the exported shape.</param>
    public abstract void Fill(in InitializerContext context, Span<float> values);
}

/// <summary>Whose first values are made.</summary>
/// <param name="Name">The parameter's name inside its layer: <c>weight</c>, <c>bias</c>.</param>
/// <param name="Layer">The layer's full name, for messages: <c>layers.0</c>.</param>
/// <param name="Shape">The exported shape.</param>
/// <param name="FanIn">How many inputs an output sees.</param>
/// <param name="FanOut">How many outputs an input reaches.</param>
/// <param name="Ordinal">The parameter's place in order of declaration: the high word of its random counter.</param>
/// <param name="Random">
/// The stream of the run's seed for <see cref="RandomPurpose.Initialize"/>; the low word of the counter is the element's index.
/// </param>
public readonly record struct InitializerContext(
    string Name, string Layer, Shape Shape, int FanIn, int FanOut, int Ordinal, CounterRandom Random);
