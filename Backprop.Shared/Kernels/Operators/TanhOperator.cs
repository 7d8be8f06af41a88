using System.Runtime.CompilerServices;

namespace Backprop.Shared.Kernels.Operators;

/// <summary>
/// tanh x in float32, within 2 ulp: odd, ±1 for large arguments and infinities, tiny arguments and ±0 returned as they are, NaN stays
/// NaN. Below 0.55 a polynomial in x² (a Chebyshev fit of (tanh(x)/x - 1) / x², within 2^-26), above 1 - 2t/(1 + t) with t = e^-2|x|.
/// </summary>
internal readonly struct TanhOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TWidth, TVector>(TVector x)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        var magnitude = TWidth.Abs(x);
        var t = default(ExpOperator).Apply<TWidth, TVector>(TWidth.Multiply(magnitude, TWidth.Broadcast(-2f)));
        var one = TWidth.Broadcast(1f);
        var large = TWidth.Subtract(one, TWidth.Divide(TWidth.Add(t, t), TWidth.Add(one, t)));
        large = TWidth.SelectLess(x, TWidth.Broadcast(0f), TWidth.Negate(large), large);

        var square = TWidth.Multiply(x, x);
        var sum = TWidth.FusedMultiplyAdd(square, TWidth.Broadcast(-0.0066095525737420655f), TWidth.Broadcast(0.021309029658556612f));
        sum = TWidth.FusedMultiplyAdd(sum, square, TWidth.Broadcast(-0.05390937031637544f));
        sum = TWidth.FusedMultiplyAdd(sum, square, TWidth.Broadcast(0.1333311343166349f));
        sum = TWidth.FusedMultiplyAdd(sum, square, TWidth.Broadcast(-0.33333332005700905f));
        var small = TWidth.FusedMultiplyAdd(TWidth.Multiply(x, square), sum, x);

        // The polynomial would turn -0 into +0; below 2^-12 tanh x rounds to x anyway.
        small = TWidth.SelectLess(magnitude, TWidth.Broadcast(0.000244140625f), x, small);
        return TWidth.SelectLess(magnitude, TWidth.Broadcast(0.55f), small, large);
    }
}
