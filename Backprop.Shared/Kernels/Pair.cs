namespace Backprop.Shared.Kernels;

/// <summary>
/// An unevaluated sum of two doubles, about 106 bits: what a function carries between its steps so that its last rounding is nearly its
/// only one.
/// </summary>
/// <param name="High">The value, rounded.</param>
/// <param name="Low">What the rounding lost; at most half a unit in the last place of <see cref="High"/>.</param>
internal readonly record struct Pair(double High, double Low)
{
    /// <summary>x + y, exactly.</summary>
    public static Pair Sum(double x, double y)
    {
        var sum = x + y;
        var part = sum - x;
        return new Pair(sum, (x - (sum - part)) + (y - part));
    }

    /// <summary>x + y, exactly, where |x| is at least |y| or x is 0.</summary>
    public static Pair OrderedSum(double x, double y)
    {
        var sum = x + y;
        return new Pair(sum, y - (sum - x));
    }

    /// <summary>x * y, exactly, but for underflow.</summary>
    public static Pair Product(double x, double y)
    {
        var product = x * y;
        return new Pair(product, Math.FusedMultiplyAdd(x, y, -product));
    }

    public static Pair operator +(Pair x, Pair y)
    {
        var sum = Sum(x.High, y.High);
        return OrderedSum(sum.High, sum.Low + (x.Low + y.Low));
    }

    public static Pair operator *(Pair x, Pair y)
    {
        var product = Product(x.High, y.High);
        return OrderedSum(product.High, product.Low + ((x.High * y.Low) + (x.Low * y.High)));
    }

    /// <summary>x / y to nearly twice the digits of a double.</summary>
    public static Pair Quotient(double x, Pair y)
    {
        var quotient = x / y.High;
        var rest = Math.FusedMultiplyAdd(-quotient, y.High, x) - (quotient * y.Low);
        return OrderedSum(quotient, rest / y.High);
    }
}
