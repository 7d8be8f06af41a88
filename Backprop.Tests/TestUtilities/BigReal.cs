using System.Numerics;

namespace Backprop.Tests.TestUtilities;

/// <summary>
/// Real numbers in fixed point, with as many binary digits behind the point as a test asks for: references for the double functions that
/// owe nothing to any library's. Slow and plain: Taylor series in integers.
/// </summary>
internal sealed class BigReal
{
    private readonly int _digits;
    private readonly BigInteger _one;
    private readonly BigInteger _ln2;
    private readonly BigInteger _pi;

    public BigReal(int digits)
    {
        _digits = digits;
        _one = BigInteger.One << digits;
        _ln2 = 2 * InverseTangent(3, alternating: false);
        _pi = 4 * ((4 * InverseTangent(5, alternating: true)) - InverseTangent(239, alternating: true));
    }

    public BigInteger One => _one;

    public BigInteger Of(double x) => Scaled(x, 0);

    public BigInteger Multiply(BigInteger x, BigInteger y) => (x * y) >> _digits;

    public BigInteger Divide(BigInteger x, BigInteger y) => (x << _digits) / y;

    /// <summary>e^x = value * 2^exponent, with a value between 0.7 and 1.5.</summary>
    public (BigInteger Value, int Exponent) Exp(BigInteger x)
    {
        var n = (int)(((x << 1) + _ln2) / (2 * _ln2));
        var r = x - (n * _ln2);
        var (sum, term) = (BigInteger.Zero, _one);
        for (var k = 1; !term.IsZero; k++)
        {
            sum += term;
            term = Multiply(term, r) / k;
        }

        return (sum, n);
    }

    /// <summary>log x of a positive, finite double.</summary>
    public BigInteger Log(double x)
    {
        var exponent = Math.ILogB(x);
        var m = Scaled(x, -exponent);
        var s = Divide(m - _one, m + _one);
        var square = Multiply(s, s);
        var (sum, power) = (BigInteger.Zero, s);
        for (var k = 1; !power.IsZero; k += 2)
        {
            sum += power / k;
            power = Multiply(power, square);
        }

        return (2 * sum) + (exponent * _ln2);
    }

    public BigInteger Sin(BigInteger x)
    {
        x %= 2 * _pi;
        var square = Multiply(x, x);
        var (sum, term) = (BigInteger.Zero, x);
        for (var k = 2; !term.IsZero && term != BigInteger.MinusOne; k += 2)
        {
            sum += term;
            term = -Multiply(term, square) / (k * (k + 1));
        }

        return sum;
    }

    public BigInteger Cos(BigInteger x) => Sin(x + (_pi >> 1));

    /// <summary>How many units in the last place a double is away from value * 2^exponent.</summary>
    public double UlpsBetween(double actual, BigInteger value, int exponent = 0)
    {
        var unit = Math.Max(Math.ILogB(actual), -1022) - 52;
        var difference = Scaled(actual, -exponent) - value;
        return double.Abs((double)((difference << 64) >> Math.Max(0, _digits + unit - exponent)) * Math.ScaleB(1, -64));
    }

    /// <summary>x * 2^exponent.</summary>
    private BigInteger Scaled(double x, int exponent)
    {
        var bits = BitConverter.DoubleToInt64Bits(x);
        var field = (int)((bits >> 52) & 0x7FF);
        var mantissa = new BigInteger((bits & 0x000FFFFFFFFFFFFF) | (field == 0 ? 0 : 0x0010000000000000));
        var shift = Math.Max(field, 1) - 1075 + exponent + _digits;
        mantissa = shift >= 0 ? mantissa << shift : mantissa >> -shift;
        return bits < 0 ? -mantissa : mantissa;
    }

    /// <summary>arctan(1/n), or artanh(1/n) where the signs do not alternate.</summary>
    private BigInteger InverseTangent(int n, bool alternating)
    {
        var (sum, power) = (BigInteger.Zero, _one / n);
        for (var k = 1; !power.IsZero; k += 2)
        {
            sum += power / k;
            power /= alternating ? -n * n : n * n;
        }

        return sum;
    }
}
