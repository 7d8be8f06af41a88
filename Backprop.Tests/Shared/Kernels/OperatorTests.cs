using Backprop.Shared.Kernels;
using Backprop.Shared.Kernels.Operators;

namespace Backprop.Tests.Shared.Kernels;

public class OperatorTests
{
    private static readonly int[] Lengths = [.. Enumerable.Range(0, 68), 127, 128, 129, 1000];

    private delegate void Kernel(ReadOnlySpan<float> x, Span<float> destination);

    [Theory]
    [InlineData("exp")]
    [InlineData("log")]
    [InlineData("tanh")]
    [InlineData("sigmoid")]
    public void EveryLengthHasTheBitsOfTheScalarFunction(string name)
    {
        var (kernel, scalar, _, _) = Find(name);

        // A difference in one rounding shows in one result of a hundred, so every length is tried with several numbers.
        foreach (var (length, stream) in Lengths.SelectMany(length => Enumerable.Range(0, 30).Select(stream => (length, stream))))
        {
            var x = KernelInputs.Mixed(length, (ulong)((length * 100) + stream));
            var expected = Array.ConvertAll(x, value => scalar(value));
            var actual = new float[length];

            kernel(x, actual);
            ((ReadOnlySpan<float>)actual).ShouldHaveTheBitsOf(expected);

            kernel(x, x);
            ((ReadOnlySpan<float>)x).ShouldHaveTheBitsOf(expected);
        }
    }

    [Theory]
    [InlineData("exp", 1.1)]
    [InlineData("log", 1)]
    [InlineData("tanh", 2)]
    [InlineData("sigmoid", 2.5)]
    public void OverAllFloatsTheErrorIsWithinItsBound(string name, double bound)
    {
        // Every 1,999th of the 2^32 patterns: all exponents, both signs, subnormals, infinities and NaNs.
        const uint Stride = 1999;
        var (kernel, _, reference, _) = Find(name);
        var (x, y) = (new float[4096], new float[4096]);
        for (ulong bits = 0; bits <= uint.MaxValue;)
        {
            for (var i = 0; i < x.Length; i++, bits += Stride)
            {
                x[i] = BitConverter.UInt32BitsToSingle((uint)Math.Min(bits, uint.MaxValue));
            }

            kernel(x, y);
            for (var i = 0; i < x.Length; i++)
            {
                // Millions of numbers: the words for a failure are made when there is one.
                if (!(UlpsBetween(y[i], reference(x[i])) <= bound))
                {
                    Assert.Fail($"{name}({x[i]:R}) = {y[i]:R}, which is not within {bound} ulp.");
                }
            }
        }
    }

    [Theory]
    [InlineData("exp")]
    [InlineData("log")]
    [InlineData("tanh")]
    [InlineData("sigmoid")]
    public void SpecialArgumentsGiveExactResults(string name)
    {
        var (kernel, _, _, special) = Find(name);
        var x = Array.ConvertAll(special, pair => pair.X);
        var y = new float[x.Length];

        kernel(x, y);

        ((ReadOnlySpan<float>)y).ShouldHaveTheBitsOf(Array.ConvertAll(special, pair => pair.Y));
    }

    private static (Kernel Kernel, Func<float, float> Scalar, Func<double, double> Reference, (float X, float Y)[] Special) Find(
        string name)
    {
        const float Infinity = float.PositiveInfinity;
        const float Epsilon = float.Epsilon;
#pragma warning disable RS0030 // The library's functions as references.
        return name switch
        {
            "exp" => (static (x, y) => Traversal.Unary(default(ExpOperator), x, y), FunctionsF.Exp, Math.Exp,
                [(0, 1), (-0f, 1), (Infinity, Infinity), (-Infinity, 0), (float.NaN, float.NaN), (88.72283f, 3.4027985e38f),
                    (88.72284f, Infinity), (1e38f, Infinity), (-103.97f, Epsilon), (-103.98f, 0), (-1e38f, 0),
                    (Epsilon, 1), (-Epsilon, 1)]),
            "log" => (static (x, y) => Traversal.Unary(default(LogOperator), x, y), FunctionsF.Log, Math.Log,
                [(1, 0), (0, -Infinity), (-0f, -Infinity), (Infinity, Infinity), (-Infinity, float.NaN), (float.NaN, float.NaN),
                    (-1, float.NaN), (-Epsilon, float.NaN), (Epsilon, -103.278929903f), (float.MaxValue, 88.722839111f),
                    (2, 0.69314718056f)]),
            "tanh" => (static (x, y) => Traversal.Unary(default(TanhOperator), x, y), FunctionsF.Tanh, Math.Tanh,
                [(0, 0), (-0f, -0f), (Infinity, 1), (-Infinity, -1), (float.NaN, float.NaN), (20, 1), (-1e30f, -1),
                    (Epsilon, Epsilon), (-1e-5f, -1e-5f)]),
            _ => (static (x, y) => Traversal.Unary(default(SigmoidOperator), x, y), FunctionsF.Sigmoid,
                static x => x < 0 ? Math.Exp(x) / (1 + Math.Exp(x)) : 1 / (1 + Math.Exp(-x)),
                [(0, 0.5f), (-0f, 0.5f), (Infinity, 1), (-Infinity, 0), (float.NaN, float.NaN), (100, 1), (-103.97f, Epsilon), (-200, 0)]),
        };
#pragma warning restore RS0030
    }

    /// <summary>In units of the float nearest to the true value; a wrong special value is infinitely far.</summary>
    private static double UlpsBetween(float actual, double expected)
    {
        var nearest = (float)expected;
        if (float.IsNaN(nearest) || float.IsInfinity(nearest) || float.IsInfinity(actual))
        {
            return actual.Equals(nearest) ? 0 : double.PositiveInfinity;
        }

        // Below a power of two the units are half as large, which the true value decides.
        var exponent = expected == 0 ? -126 : Math.Max(Math.ILogB(expected), -126);
        return Math.Abs(actual - expected) / Math.ScaleB(1, exponent - 23);
    }
}
