using System.Runtime.CompilerServices;

namespace Backprop.Shared.Kernels.Operators;

/// <summary>
/// The natural logarithm in float32, within 1 ulp: -infinity at ±0, NaN below, +infinity at +infinity, NaN stays NaN; subnormals are exact
/// arguments. x = 2^e (1 + f) with 1 + f in [√½, √2), and log(1 + f) from a polynomial (a Chebyshev fit of (log(1 + f) - f + f²/2) / f³,
/// within 2^-25).
/// </summary>
internal readonly struct LogOperator : IUnaryOperator
{
    private const float SmallestNormal = 1.17549435E-38f;
    private const float TwoTo24 = 16777216f;
    private const float SquareRootOfTwo = 1.41421354f;

    // ln 2 = high + low; the high part has 13 bits, so that e times it is exact.
    private const float Ln2High = 0.693115234375f;
    private const float Ln2Low = 3.194618329871446e-05f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TWidth, TVector>(TVector x)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        var (zero, one) = (TWidth.Broadcast(0f), TWidth.Broadcast(1f));
        var smallest = TWidth.Broadcast(SmallestNormal);
        var normal = TWidth.SelectLess(x, smallest, TWidth.Multiply(x, TWidth.Broadcast(TwoTo24)), x);
        var e = TWidth.Add(TWidth.Exponent(normal), TWidth.SelectLess(x, smallest, TWidth.Broadcast(-24f), zero));

        var m = TWidth.Mantissa(normal);
        var root = TWidth.Broadcast(SquareRootOfTwo);
        e = TWidth.SelectLess(m, root, e, TWidth.Add(e, one));
        var f = TWidth.Subtract(TWidth.SelectLess(m, root, m, TWidth.Multiply(m, TWidth.Broadcast(0.5f))), one);

        var square = TWidth.Multiply(f, f);
        var rest = TWidth.Multiply(TWidth.Multiply(f, square), Tail<TWidth, TVector>(f));
        rest = TWidth.FusedMultiplyAdd(e, TWidth.Broadcast(Ln2Low), rest);
        rest = TWidth.FusedMultiplyAdd(square, TWidth.Broadcast(-0.5f), rest);
        var result = TWidth.FusedMultiplyAdd(e, TWidth.Broadcast(Ln2High), TWidth.Add(f, rest));

        // The exceptions, which have been computed as if their bits were a number's.
        var infinity = TWidth.Broadcast(float.PositiveInfinity);
        result = TWidth.SelectLess(zero, x, result, TWidth.Broadcast(float.NegativeInfinity));
        result = TWidth.SelectLess(x, zero, TWidth.Broadcast(float.NaN), result);
        return TWidth.SelectLess(x, infinity, result, x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Tail<TWidth, TVector>(TVector f)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        var sum = TWidth.FusedMultiplyAdd(f, TWidth.Broadcast(0.06971620541003427f), TWidth.Broadcast(-0.11479748625389889f));
        sum = TWidth.FusedMultiplyAdd(sum, f, TWidth.Broadcast(0.11685423571105265f));
        sum = TWidth.FusedMultiplyAdd(sum, f, TWidth.Broadcast(-0.1242568569282142f));
        sum = TWidth.FusedMultiplyAdd(sum, f, TWidth.Broadcast(0.14249057141902147f));
        sum = TWidth.FusedMultiplyAdd(sum, f, TWidth.Broadcast(-0.16667802367579132f));
        sum = TWidth.FusedMultiplyAdd(sum, f, TWidth.Broadcast(0.2000071576352166f));
        sum = TWidth.FusedMultiplyAdd(sum, f, TWidth.Broadcast(-0.24999996957625975f));
        return TWidth.FusedMultiplyAdd(sum, f, TWidth.Broadcast(0.33333331179972575f));
    }
}
