using System.Runtime.CompilerServices;

namespace Backprop.Shared.Kernels.Operators;

/// <summary>
/// e^x in float32, within 1.1 ulp: infinity above 88.72, through the subnormals to 0 below -103.97, 1 at ±0, NaN stays NaN. x = n ln 2 +
/// r with |r| at most ln 2 / 2, and e^r from a polynomial (a Chebyshev fit of (e^r - 1 - r) / r², within 2^-23).
/// </summary>
internal readonly struct ExpOperator : IUnaryOperator
{
    // Adding and subtracting 1.5 * 2^23 rounds a float below 2^22 to the nearest integer.
    private const float Rounder = 12582912f;
    private const float Log2E = 1.4426950216293335f;

    // ln 2 = high + low; the high part has 13 bits.
    private const float Ln2High = 0.693115234375f;
    private const float Ln2Low = 3.194618329871446e-05f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TWidth, TVector>(TVector x)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        // Beyond these limits the result is the same as at them: 0 or infinity. A NaN compares false and goes through.
        var (lowest, highest) = (TWidth.Broadcast(-104f), TWidth.Broadcast(89f));
        x = TWidth.SelectLess(x, lowest, lowest, x);
        x = TWidth.SelectLess(highest, x, highest, x);

        var rounder = TWidth.Broadcast(Rounder);
        var n = TWidth.Subtract(TWidth.FusedMultiplyAdd(x, TWidth.Broadcast(Log2E), rounder), rounder);
        var r = TWidth.FusedMultiplyAdd(n, TWidth.Broadcast(-Ln2High), x);
        r = TWidth.FusedMultiplyAdd(n, TWidth.Broadcast(-Ln2Low), r);

        var sum = TWidth.FusedMultiplyAdd(r, TWidth.Broadcast(0.0013926176335399584f), TWidth.Broadcast(0.008363173246999926f));
        sum = TWidth.FusedMultiplyAdd(sum, r, TWidth.Broadcast(0.04166655466075674f));
        sum = TWidth.FusedMultiplyAdd(sum, r, TWidth.Broadcast(0.16666577024562307f));
        sum = TWidth.FusedMultiplyAdd(sum, r, TWidth.Broadcast(0.5f));
        sum = TWidth.Add(TWidth.FusedMultiplyAdd(TWidth.Multiply(r, r), sum, r), TWidth.Broadcast(1f));

        // Two factors, because n reaches from -150 to 128. The first product is exact, so a subnormal result is rounded once.
        var half = TWidth.Subtract(TWidth.FusedMultiplyAdd(n, TWidth.Broadcast(0.5f), rounder), rounder);
        sum = TWidth.Multiply(sum, TWidth.PowerOfTwo(half));
        return TWidth.Multiply(sum, TWidth.PowerOfTwo(TWidth.Subtract(n, half)));
    }
}
