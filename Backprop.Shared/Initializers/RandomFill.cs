using Backprop.Shared.Kernels;

namespace Backprop.Shared.Initializers;

/// <summary>
/// Random first values. Element i of parameter o is drawn at the counter (o, i), so no two elements share a number and none depends on
/// how many others there are. Everything is float64 and rounded to float32 once.
/// </summary>
internal static class RandomFill
{
    /// <summary>Uniform in [-bound, bound).</summary>
    public static void Uniform(in InitializerContext context, Span<float> values, double bound)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)(((2 * context.Random.Uniform((ulong)context.Ordinal, (ulong)i)) - 1) * bound);
        }
    }

    /// <summary>
    /// Normal around 0, by Box and Muller: deviation · √(-2 · ln u) · cos(2π · w), with u in (0, 1] and w in [0, 1) from one counter.
    /// </summary>
    public static void Normal(in InitializerContext context, Span<float> values, double deviation)
    {
        for (var i = 0; i < values.Length; i++)
        {
            var (a, b, c, d) = context.Random.Words((ulong)context.Ordinal, (ulong)i);
            var u = (((a | ((ulong)b << 32)) >> 11) + 1) * (1.0 / (1UL << 53));
            var w = ((c | ((ulong)d << 32)) >> 11) * (1.0 / (1UL << 53));
            values[i] = (float)(deviation * (Math.Sqrt(-2 * Functions.Log(u)) * Functions.Cos(2 * Math.PI * w)));
        }
    }

    /// <summary>
    /// What a parameter without fans of its own gets (a bias, a scale): PyTorch's Linear rule, uniform within ±1/√fan-in.
    /// </summary>
    public static void Default(in InitializerContext context, Span<float> values) => Uniform(context, values, 1 / Math.Sqrt(context.FanIn));

    /// <summary>True for weights; false for biases and the like, for which the rules of Kaiming and Xavier are not defined.</summary>
    public static bool IsWeight(in InitializerContext context) => context.Shape.Rank >= 2;
}
