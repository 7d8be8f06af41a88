namespace Backprop.Shared.Tensors;

/// <summary>The sizes of a tensor, outermost first; a sample's shape has no batch dimension. Compares by value.</summary>
public readonly struct Shape : IEquatable<Shape>
{
    private readonly int[]? _sizes;

    /// <summary>A shape of the given sizes, each at least 1. No sizes make a scalar.</summary>
    public Shape(params ReadOnlySpan<int> sizes)
    {
        foreach (var size in sizes)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(size, 1, nameof(sizes));
        }

        _sizes = sizes.ToArray();
    }

    /// <summary>How many dimensions.</summary>
    public int Rank => _sizes?.Length ?? 0;

    /// <summary>How many elements.</summary>
    public int Volume
    {
        get
        {
            var volume = 1;
            foreach (var size in Sizes)
            {
                volume = checked(volume * size);
            }

            return volume;
        }
    }

    /// <summary>The sizes, outermost first.</summary>
    public ReadOnlySpan<int> Sizes => _sizes;

    /// <summary>The size of a dimension, 0 the outermost.</summary>
    public int this[int dimension] => Sizes[dimension];

    /// <summary>True where all sizes are the same.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>True where some size differs.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(Shape other) => Sizes.SequenceEqual(other.Sizes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var size in Sizes)
        {
            hash.Add(size);
        }

        return hash.ToHashCode();
    }

    /// <summary>As in <c>[32, 784]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", _sizes ?? [])}]";
}
