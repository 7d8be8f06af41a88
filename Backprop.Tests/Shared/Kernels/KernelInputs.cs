using Backprop.Shared.Primitives;

namespace Backprop.Tests.Shared.Kernels;

/// <summary>Numbers for kernels, the same in every process.</summary>
internal static class KernelInputs
{
    /// <summary>Ordinary, tiny, huge, exact and negative ones in turn.</summary>
    public static float[] Mixed(int count, ulong stream = 0)
    {
        var random = new CounterRandom(11, RandomPurpose.Synthetic);
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            var u = (float)((2 * random.Uniform(stream, (ulong)i)) - 1);
            values[i] = (i % 11) switch
            {
                3 => u * 100,
                5 => u * 1e-3f,
                7 => u * 1e-40f,
                9 => u < 0 ? 0f : -0f,
                10 => MathF.Round(u * 8),
                _ => u * 6,
            };
        }

        return values;
    }

    /// <summary>Ordinary ones, in [-scale, scale].</summary>
    public static float[] Even(int count, float scale, ulong stream = 0)
    {
        var random = new CounterRandom(12, RandomPurpose.Synthetic);
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = scale * (float)((2 * random.Uniform(stream, (ulong)i)) - 1);
        }

        return values;
    }

    /// <summary>Bit by bit, and NaN equals NaN.</summary>
    public static void ShouldHaveTheBitsOf(this ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        actual.Length.ShouldBe(expected.Length);
        for (var i = 0; i < actual.Length; i++)
        {
            var same = BitConverter.SingleToInt32Bits(actual[i]) == BitConverter.SingleToInt32Bits(expected[i]);
            if (!same && !(float.IsNaN(actual[i]) && float.IsNaN(expected[i])))
            {
                Assert.Fail($"Element {i} is {actual[i]:R}, expected {expected[i]:R}.");
            }
        }
    }
}
