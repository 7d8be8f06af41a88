using Backprop.Shared.Initializers;
using Backprop.Shared.Tensors;

namespace Backprop.Shared.Models;

/// <summary>One trainable tensor: a range of the flat parameter vector, row-major in its exported shape.</summary>
public sealed record Parameter(
    int Ordinal, string Layer, string Name, Shape Shape, int Start, int FanIn, int FanOut, InitializerSpec? Initializer)
{
    /// <summary>As it is exported: <c>layers.0.weight</c>.</summary>
    public string FullName => $"{Layer}.{Name}";

    /// <summary>How many elements.</summary>
    public int Length { get; } = Shape.Volume;
}

/// <summary>
/// Names, shapes and places of all parameters in the flat vector, in order of declaration. Each starts at a multiple of 64 bytes, so the
/// vector has small gaps; they stay zero and belong to nothing.
/// </summary>
public sealed class ParameterLayout
{
    private const int Alignment = 16;
    private readonly List<Parameter> _parameters = [];

    /// <summary>All parameters, in order of declaration.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>The length of the flat vector, gaps included.</summary>
    public int Length { get; private set; }

    /// <summary>How many trainable values.</summary>
    public long Count => _parameters.Sum(p => (long)p.Length);

    internal Parameter Add(string layer, string name, Shape shape, int fanIn, int fanOut, InitializerSpec? initializer)
    {
        if (_parameters.Any(p => p.Layer == layer && p.Name == name))
        {
            throw new InvalidOperationException($"{layer} declares {name} twice.");
        }

        var parameter = new Parameter(_parameters.Count, layer, name, shape, Length, fanIn, fanOut, initializer);
        _parameters.Add(parameter);
        var length = Length + (((long)parameter.Length + Alignment - 1) / Alignment * Alignment);
        Length = length <= Array.MaxLength ? (int)length : throw new OverflowException("There are too many parameters.");
        return parameter;
    }
}
