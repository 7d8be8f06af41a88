namespace Backprop.Shared.Primitives;

/// <summary>Cuts a vector, or the rows or columns of a matrix, into contiguous parts of about equal size, one for each thread.</summary>
internal static class PartRange
{
    /// <summary>One part: its first element and how many it has (maybe none).</summary>
    /// <param name="length">How many elements there are to cut.</param>
    /// <param name="alignment">Every part begins at a multiple of it.</param>
    /// <param name="part">Which part, 0-based.</param>
    /// <param name="parts">How many there are.</param>
    public static (int First, int Count) Of(int length, int alignment, int part, int parts)
    {
        if (parts == 1)
        {
            return (0, length);
        }

        var units = (length + alignment - 1) / alignment;
        var first = Math.Min(length, (int)((long)units * part / parts) * alignment);
        var end = Math.Min(length, (int)((long)units * (part + 1) / parts) * alignment);
        return (first, end - first);
    }
}
