using System.Numerics;
using Backprop.Shared.Kernels;
using Backprop.Shared.Primitives;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Kernels;

public class FunctionsTests
{
    private const int Points = 200;
    private static readonly CounterRandom Random = new(7, RandomPurpose.Synthetic);
    private static readonly BigReal Reals = new(256);
    private static readonly BigReal PreciseReals = new(1400);

    [Theory]
    [InlineData(-745, 709.7)]
    [InlineData(-1, 1)]
    [InlineData(-1e-8, 1e-8)]
    public void ExpIsWithinItsBound(double low, double high) => Check(Reals, low, high, 0.75, Functions.Exp, x => Reals.Exp(Reals.Of(x)));

    [Theory]
    [InlineData(1e-3, 1e3)]
    [InlineData(0.9, 1.1)]
    [InlineData(0.99999, 1.00001)]
    [InlineData(1e-300, 1e300)]
    [InlineData(5e-324, 1e-310)]
    public void LogIsWithinItsBound(double low, double high) => Check(Reals, low, high, 0.75, Functions.Log, x => (Reals.Log(x), 0));

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0.5, 0.7)]
    [InlineData(-25, 25)]
    [InlineData(-1e-6, 1e-6)]
    public void TanhIsWithinItsBound(double low, double high) => Check(Reals, low, high, 2, Functions.Tanh, x =>
    {
        var (value, exponent) = Reals.Exp(Reals.Of(-2 * Math.Abs(x)));
        var power = value >> -exponent;
        return (Math.Sign(x) * Reals.Divide(Reals.One - power, Reals.One + power), 0);
    });

    [Theory]
    [InlineData(-4, 4)]
    [InlineData(-1e5, 1e5)]
    [InlineData(9e5, 1.1e6)]
    [InlineData(1e15, 1e17)]
    [InlineData(1e300, 1.7e308)]
    public void SinAndCosAreWithinTheirBounds(double low, double high)
    {
        Check(PreciseReals, low, high, 0.75, Functions.Sin, x => (PreciseReals.Sin(PreciseReals.Of(x)), 0));
        Check(PreciseReals, low, high, 0.75, Functions.Cos, x => (PreciseReals.Cos(PreciseReals.Of(x)), 0));
    }

    [Fact]
    public void AnglesNextToMultiplesOfAQuarterTurnKeepTheirBounds()
    {
        // The last is the double nearest to a multiple of π/2 of all.
        var multiples = Enumerable.Range(1, 100).Select(n => n * (n % 7 == 0 ? 99_991.0 : 1) * Math.PI / 2);
        var angles = multiples.Append(6381956970095103 * Math.ScaleB(1, 797));

        foreach (var x in angles)
        {
            PreciseReals.UlpsBetween(Functions.Sin(x), PreciseReals.Sin(PreciseReals.Of(x))).ShouldBeLessThan(0.75, $"sin {x:R}");
            PreciseReals.UlpsBetween(Functions.Cos(x), PreciseReals.Cos(PreciseReals.Of(x))).ShouldBeLessThan(0.75, $"cos {x:R}");
        }
    }

    [Theory]
    [InlineData(1e-300, 1e300)]
    [InlineData(0.5, 2)]
    [InlineData(0.99999999, 1.00000001)]
    public void PowIsWithinItsBound(double low, double high)
    {
        for (var i = 0; i < Points; i++)
        {
            var x = Between(low, high, i);
            var y = ((2 * Random.Uniform(2, (ulong)i)) - 1) * 700 / Math.Abs(Functions.Log(x));
            var (value, exponent) = Reals.Exp(Reals.Multiply(Reals.Of(y), Reals.Log(x)));

            Reals.UlpsBetween(Functions.Pow(x, y), value, exponent).ShouldBeLessThan(0.75, $"{x:R}^{y:R}");
        }
    }

    [Fact]
    public void TheyAgreeWithTheLibraryToTwoUnits()
    {
#pragma warning disable RS0030 // The library's functions as references.
        (Func<double, double> Own, Func<double, double> Library)[] pairs =
        [
            (Functions.Exp, Math.Exp), (Functions.Log, Math.Log), (Functions.Tanh, Math.Tanh),
            (Functions.Sin, Math.Sin), (Functions.Cos, Math.Cos),
        ];
        for (var i = 0; i < 20_000; i++)
        {
            var x = Between(1e-20, 700, i);
            foreach (var (own, library) in pairs)
            {
                Distance(own(x), library(x)).ShouldBeLessThanOrEqualTo(2, $"{x:R}");
            }

            var y = Between(-50, 50, i);
            Distance(Functions.Pow(x, y), Math.Pow(x, y)).ShouldBeLessThanOrEqualTo(2, $"{x:R}^{y:R}");
        }
#pragma warning restore RS0030
    }

    [Fact]
    public void SpecialArgumentsGiveWhatTheStandardSays()
    {
#pragma warning disable RS0030 // The library's functions as references.
        double[] values =
        [
            0, -0.0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 2.5, 1e9, -1e9, 1e300, -1e300, 5e-324, -5e-324, 1e-310,
            9007199254740991, 9007199254740993, 709.8, 710.5, -745.2, -746.5, double.MaxValue, double.MinValue,
            double.PositiveInfinity, double.NegativeInfinity, double.NaN,
        ];
        foreach (var x in values)
        {
            ShouldBeTheSame(Functions.Exp(x), Math.Exp(x), $"exp {x:R}");
            ShouldBeTheSame(Functions.Log(x), Math.Log(x), $"log {x:R}");
            ShouldBeTheSame(Functions.Tanh(x), Math.Tanh(x), $"tanh {x:R}");
            ShouldBeTheSame(Functions.Sin(x), Math.Sin(x), $"sin {x:R}");
            ShouldBeTheSame(Functions.Cos(x), Math.Cos(x), $"cos {x:R}");
            foreach (var y in values)
            {
                ShouldBeTheSame(Functions.Pow(x, y), Math.Pow(x, y), $"{x:R}^{y:R}");
            }
        }
#pragma warning restore RS0030
    }

    private static void ShouldBeTheSame(double actual, double expected, string what)
    {
        if (double.IsFinite(expected) && expected != 0)
        {
            Distance(actual, expected).ShouldBeLessThanOrEqualTo(1, what);
            return;
        }

        double.IsNaN(actual).ShouldBe(double.IsNaN(expected), what);
        if (!double.IsNaN(expected))
        {
            BitConverter.DoubleToInt64Bits(actual).ShouldBe(BitConverter.DoubleToInt64Bits(expected), what);
        }
    }

    /// <summary>In representable doubles, for two of one sign.</summary>
    private static long Distance(double x, double y) => Math.Abs(BitConverter.DoubleToInt64Bits(x) - BitConverter.DoubleToInt64Bits(y));

    private static void Check(
        BigReal reals,
        double low,
        double high,
        double bound,
        Func<double, double> own,
        Func<double, (BigInteger Value, int Exponent)> reference)
    {
        for (var i = 0; i < Points; i++)
        {
            var x = Between(low, high, i);
            var actual = own(x);
            var (value, exponent) = reference(x);

            // A subnormal result is rounded once more.
            var extra = Math.Abs(actual) < 2.3e-308 ? 0.5 : 0;
            reals.UlpsBetween(actual, value, exponent).ShouldBeLessThan(bound + extra, $"{x:R}");
        }
    }

    /// <summary>Even by magnitude over several decades on one side of 0, even by value else.</summary>
    private static double Between(double low, double high, int i)
    {
        var u = Random.Uniform(1, (ulong)i);
        return low > 0 && high / low > 100
            ? BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(low) + (long)(u * Distance(high, low)))
            : low + (u * (high - low));
    }
}
