using Backprop.Shared.Tensors;

namespace Backprop.Shared.Formats;

/// <summary>A tensor in a safetensors header. Sizes are as the file says: any number of them, zeros too.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Type">The element type, as <c>F32</c>.</param>
/// <param name="Sizes">The sizes, outermost first.</param>
/// <param name="Begin">The first byte, counted from the start of the data.</param>
/// <param name="End">One past the last byte.</param>
internal sealed record SafetensorsEntry(string Name, string Type, long[] Sizes, long Begin, long End)
{
    /// <summary>As in <c>[32, 784]</c>.</summary>
    public string SizesText => Sizes.Length <= 8 ? $"[{string.Join(", ", Sizes)}]" : $"of {Sizes.Length} dimensions";

    /// <summary>True where the file's tensor has this shape.</summary>
    public bool Has(Shape shape)
    {
        if (shape.Rank != Sizes.Length)
        {
            return false;
        }

        for (var i = 0; i < Sizes.Length; i++)
        {
            if (shape[i] != Sizes[i])
            {
                return false;
            }
        }

        return true;
    }
}
