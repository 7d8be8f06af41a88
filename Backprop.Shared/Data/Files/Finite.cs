namespace Backprop.Shared.Data.Files;

/// <summary>Finds values that nothing can be learned from.</summary>
internal static class Finite
{
    /// <summary>The place of the first value that is infinite or NaN, or -1.</summary>
    public static int FirstThatIsNot(ReadOnlySpan<float> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                return i;
            }
        }

        return -1;
    }
}
