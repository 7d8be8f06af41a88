namespace Backprop.Shared.Kernels;

/// <summary>e^x and tanh x in float64. The constants come from a Chebyshev fit in 400 bits on the stated interval.</summary>
internal static class Exponential
{
    private const double Log2E = 1.4426950408889634;

    // ln 2 = high + low; the high part has 32 bits, so that n times it is exact.
    private const double Ln2High = 0.6931471803691238;
    private const double Ln2Low = 1.9082149292705877e-10;

    // (e^r - 1 - r - r²/2) / r³ for |r| <= ln 2 / 2, within 2^-63.
    private static ReadOnlySpan<double> ExpTail =>
    [
        0.16666666666666666, 0.04166666666666667, 0.008333333333333333, 0.0013888888888883752, 0.00019841269841266418,
        2.480158732553378e-05, 2.7557319239947792e-06, 2.7557273660822466e-07, 2.5052078014135157e-08, 2.0914679595617734e-09,
        1.6084322969985876e-10,
    ];

    // (tanh(x)/x - 1) / x² as a polynomial in x², for |x| <= 0.55, within 2^-56.
    private static ReadOnlySpan<double> TanhTail =>
    [
        -0.3333333333333333, 0.13333333333332711, -0.05396825396743151, 0.021869488493552625, -0.008863234395177999, 0.003592110343931255,
        -0.0014556615522767396, 0.00058893468259176, -0.00023463067524526733, 8.510647287642557e-05, -2.0598135435770385e-05,
    ];

    public static double Exp(double x) => Exp(new Pair(x, 0));

    /// <summary>e^(High + Low), rounded nearly once.</summary>
    public static double Exp(Pair x)
    {
        if (double.IsNaN(x.High))
        {
            return x.High;
        }

        // Beyond these the result is infinite or 0 for certain; within, the multiplications at the end decide.
        if (x.High > 710)
        {
            return double.PositiveInfinity;
        }

        if (x.High < -746)
        {
            return 0;
        }

        var n = Math.Floor((x.High * Log2E) + 0.5);
        var high = Math.FusedMultiplyAdd(-n, Ln2High, x.High);
        var low = Math.FusedMultiplyAdd(-n, Ln2Low, x.Low);
        var r = Pair.Sum(high, low);

        // e^r = 1 + r + (r²/2 + r³ tail): the sum 1 + r keeps its rounding error, so only the small rest is rounded before the end.
        var square = r.High * r.High;
        var tail = Math.FusedMultiplyAdd(r.High * square, Polynomial.Evaluate(r.High, ExpTail), 0.5 * square);
        tail += Math.FusedMultiplyAdd(r.Low, r.High, r.Low);
        var sum = Pair.OrderedSum(1, r.High);
        var value = sum.High + (sum.Low + tail);

        // Two factors, because n reaches from -1076 to 1024. The first product is exact, so a subnormal result is rounded once.
        var exponent = (int)n;
        var half = exponent >> 1;
        return value * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    public static double Tanh(double x)
    {
        var magnitude = Math.Abs(x);
        if (magnitude < 1e-9)
        {
            return x;
        }

        if (magnitude < 0.55)
        {
            var square = x * x;
            return Math.FusedMultiplyAdd(x * square, Polynomial.Evaluate(square, TanhTail), x);
        }

        // tanh a = 1 - 2t/(1 + t) with t = e^-2a; a NaN goes through. Past 20 the fraction is below half a unit in the last place of 1.
        var t = Exp(-2 * magnitude);
        return Math.CopySign(1 - (2 * t / (1 + t)), x);
    }

    private static double PowerOfTwo(int n) => BitConverter.Int64BitsToDouble((n + 1023L) << 52);
}
