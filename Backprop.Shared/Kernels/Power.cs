namespace Backprop.Shared.Kernels;

/// <summary>x^y in float64, as e^(y log x) with the logarithm and the product carried to about 68 bits.</summary>
internal static class Power
{
    public static double Pow(double x, double y)
    {
        if (y == 0 || x == 1)
        {
            return 1;
        }

        if (double.IsNaN(x) || double.IsNaN(y))
        {
            return double.NaN;
        }

        var magnitude = Math.Abs(x);
        if (double.IsInfinity(y))
        {
            return magnitude == 1 ? 1 : (magnitude > 1) == (y > 0) ? double.PositiveInfinity : 0;
        }

        var negative = double.IsNegative(x) && IsOdd(y);
        if (magnitude == 0 || double.IsInfinity(magnitude))
        {
            var result = (magnitude == 0) == (y > 0) ? 0 : double.PositiveInfinity;
            return negative ? -result : result;
        }

        if (x < 0 && Math.Floor(y) != y)
        {
            return double.NaN;
        }

        var value = Positive(magnitude, y);
        return negative ? -value : value;
    }

    private static double Positive(double x, double y)
    {
        var log = Logarithm.LogPrecisely(x);
        var high = y * log.High;

        // Certain overflow or underflow; the exact product below would meet infinity minus infinity.
        return Math.Abs(high) > 1000
            ? Exponential.Exp(high)
            : Exponential.Exp(new Pair(high, Math.FusedMultiplyAdd(y, log.High, -high) + (y * log.Low)));
    }

    // From 2^53 on every double is even.
    private static bool IsOdd(double y) => Math.Abs(y) < 9007199254740992 && Math.Floor(y) == y && ((long)y & 1) != 0;
}
