namespace Backprop.Shared.Kernels;

/// <summary>
/// sin x and cos x in float64. x is reduced to n quarter turns and a rest r of at most π/4, kept as a pair. The constants of the two
/// kernels come from a Chebyshev fit in 400 bits on that interval.
/// </summary>
internal static class Trigonometry
{
    private const double QuarterPi = 0.7853981633974483;
    private const double TwoOverPi = 0.6366197723675814;

    // π/2 in parts of 33, 33 and 53 bits: n times each of the first two is exact below 2^20 quarter turns.
    private const double HalfPi1 = 1.5707963267341256;
    private const double HalfPi2 = 6.077100506303966e-11;
    private const double HalfPi3 = 2.0222662487959506e-21;

    // (sin(r)/r - 1) / r² as a polynomial in r², within 2^-66.
    private static ReadOnlySpan<double> SinTail =>
    [
        -0.16666666666666666, 0.008333333333333331, -0.0001984126984126506, 2.7557319219335453e-06, -2.5052106231157904e-08,
        1.605853141458901e-10, -7.586685070091267e-13,
    ];

    // (cos(r) - 1 + r²/2) / r⁴ as a polynomial in r², within 2^-70.
    private static ReadOnlySpan<double> CosTail =>
    [
        0.041666666666666664, -0.0013888888888888887, 2.4801587301584645e-05, -2.755731922140076e-07, 2.0876755790363397e-09,
        -1.1470460773969325e-11, 4.7458652037874553e-14,
    ];

    // The sine of a number this small is the number (and -0 stays -0).
    public static double Sin(double x) => Math.Abs(x) < 1e-9 ? x : Turned(x, 0);

    public static double Cos(double x) => Turned(x, 1);

    /// <summary>sin(x + quarter turns).</summary>
    private static double Turned(double x, int quarters)
    {
        if (!double.IsFinite(x))
        {
            return double.NaN;
        }

        var (n, r) = Reduce(x);
        var value = ((n + quarters) & 1) == 0 ? SinKernel(r) : CosKernel(r);
        return ((n + quarters) & 2) == 0 ? value : -value;
    }

    private static (int Quarters, Pair Remainder) Reduce(double x)
    {
        var magnitude = Math.Abs(x);
        if (magnitude <= QuarterPi)
        {
            return (0, new Pair(x, 0));
        }

        if (magnitude < 1e6)
        {
            var n = Math.Floor((x * TwoOverPi) + 0.5);
            var first = x - (n * HalfPi1);
            var second = Pair.Sum(first, -n * HalfPi2);
            var rest = Pair.Sum(second.High, Math.FusedMultiplyAdd(-n, HalfPi3, second.Low));

            // The parts leave an error of 2^-100; so close to a multiple of π/2 that it could show, the exact way is taken instead.
            if (Math.Abs(rest.High) > 1e-6)
            {
                return ((int)n & 3, rest);
            }
        }

        return LargeAngle.Reduce(x);
    }

    private static double SinKernel(Pair r)
    {
        var square = r.High * r.High;
        var cube = r.High * square;
        var low = Math.FusedMultiplyAdd(-0.5 * square, r.Low, r.Low);
        return r.High + Math.FusedMultiplyAdd(cube, Polynomial.Evaluate(square, SinTail), low);
    }

    private static double CosKernel(Pair r)
    {
        var square = Pair.Product(r.High, r.High);
        var head = Pair.OrderedSum(1, -0.5 * square.High);
        var tail = square.High * square.High * Polynomial.Evaluate(square.High, CosTail);
        var low = head.Low - (0.5 * square.Low) - (r.High * r.Low);
        return head.High + (tail + low);
    }
}
