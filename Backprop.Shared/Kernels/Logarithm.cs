namespace Backprop.Shared.Kernels;

/// <summary>
/// log x in float64. x = 2^e m with m in [√½, √2); log m = 2 artanh s with s = (m - 1)/(m + 1), |s| below 0.172. The constants come from a
/// Chebyshev fit in 400 bits on that interval.
/// </summary>
internal static class Logarithm
{
    private const double SquareRootOfTwo = 1.4142135623730951;
    private const double SmallestNormal = 2.2250738585072014E-308;
    private const double TwoTo54 = 18014398509481984;

    // ln 2 = high + low; the high part has 42 bits, so that e times it is exact.
    private const double Ln2High = 0.6931471805598903;
    private const double Ln2Low = 5.497923018708371e-14;
    private const double Ln2Lowest = 1.94704509238075e-31;

    // (2 artanh(s)/s - 2) / s² as a polynomial in s², within 2^-58.
    private static ReadOnlySpan<double> Tail =>
    [
        0.6666666666666666, 0.4000000000000088, 0.2857142857080285, 0.22222222391887064, 0.18181795621632782, 0.15386240708969665,
        0.13268746195596595, 0.13086907887965027,
    ];

    // (2 artanh(s)/s - 2 - 2/3 s² - 2/5 s⁴) / s⁶ as a polynomial in s², within 2^-66.
    private static ReadOnlySpan<double> PreciseTail =>
    [
        0.2857142857142857, 0.22222222222222215, 0.18181818181823903, 0.15384615382624264, 0.13333333680204823, 0.1176467198854409,
        0.10528256395995143, 0.09459366586946645, 0.0983583862325203,
    ];

    public static double Log(double x)
    {
        if (!(x > 0))
        {
            return x == 0 ? double.NegativeInfinity : double.NaN;
        }

        if (double.IsPositiveInfinity(x))
        {
            return x;
        }

        var (e, s) = Split(x);
        var square = s.High * s.High;
        var rest = Math.FusedMultiplyAdd(s.High * square, Polynomial.Evaluate(square, Tail), 2 * s.Low);
        var sum = Pair.Sum(e * Ln2High, 2 * s.High);
        return sum.High + (sum.Low + Math.FusedMultiplyAdd(e, Ln2Low, rest));
    }

    /// <summary>
    /// log x to about 2^-68 of its value, for a finite x above 0: what a power needs, whose exponent magnifies the error.
    /// </summary>
    public static Pair LogPrecisely(double x)
    {
        var (e, s) = Split(x);
        var z = s * s;
        var inner = Pair.OrderedSum(0.4, (z.High * Polynomial.Evaluate(z.High, PreciseTail)) - 2.2204460492503132e-17);
        var outer = new Pair(0.6666666666666666, 3.700743415417188e-17) + (z * inner);
        var series = new Pair(2 * s.High, 2 * s.Low) + (s * (z * outer));
        var scale = Pair.OrderedSum(e * Ln2High, 0) + Pair.Product(e, Ln2Low);
        return new Pair(scale.High, scale.Low + (e * Ln2Lowest)) + series;
    }

    private static (double Exponent, Pair S) Split(double x)
    {
        var exponent = 0;
        if (x < SmallestNormal)
        {
            x *= TwoTo54;
            exponent = -54;
        }

        var bits = BitConverter.DoubleToInt64Bits(x);
        exponent += (int)(bits >> 52) - 1023;
        var m = BitConverter.Int64BitsToDouble((bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000);
        if (m >= SquareRootOfTwo)
        {
            m *= 0.5;
            exponent++;
        }

        var f = m - 1;
        return (exponent, Pair.Quotient(f, Pair.OrderedSum(2, f)));
    }
}
