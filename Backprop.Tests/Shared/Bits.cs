namespace Backprop.Tests.Shared;

/// <summary>Comparison to the last bit; the message names the first place that differs.</summary>
internal static class Bits
{
    public static void ShouldBeSame(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        actual.Length.ShouldBe(expected.Length);
        for (var i = 0; i < actual.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(actual[i]) != BitConverter.SingleToInt32Bits(expected[i]))
            {
                Assert.Fail($"Element {i} is {actual[i]:R}, expected {expected[i]:R}.");
            }
        }
    }
}
