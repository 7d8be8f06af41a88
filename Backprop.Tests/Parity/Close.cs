namespace Backprop.Tests.Parity;

/// <summary>Comparison of the engine's float32 with double precision.</summary>
internal static class Close
{
    /// <summary>A few roundings of float32, as a share of the tensor's largest number.</summary>
    private const double FloatError = 2e-6;

    /// <summary>What a tensor of zeros may be off by.</summary>
    private const double Smallest = 1e-9;

    /// <summary>
    /// Every element within <paramref name="relative"/> of what it should be; a small one, often the difference of large ones, within the
    /// rounding errors of those.
    /// </summary>
    public static void ShouldBe(ReadOnlySpan<float> actual, double[] expected, double relative, string what)
    {
        actual.Length.ShouldBe(expected.Length);
        var rounding = Math.Max(Smallest, FloatError * expected.Select(Math.Abs).DefaultIfEmpty().Max());
        for (var i = 0; i < expected.Length; i++)
        {
            ((double)actual[i]).ShouldBe(expected[i], Math.Max(relative * Math.Abs(expected[i]), rounding), $"element {i} of {what}");
        }
    }
}
