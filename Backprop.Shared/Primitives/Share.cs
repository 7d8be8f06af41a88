namespace Backprop.Shared.Primitives;

/// <summary>How work is divided among slots: contiguous shares of about equal size that begin at multiples of an alignment.</summary>
internal static class Share
{
    /// <summary>The share of one part: its first element and how many it has (maybe none).</summary>
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
