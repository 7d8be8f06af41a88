using System.Runtime.CompilerServices;

namespace Backprop.Shared.Kernels.Operators;

/// <summary>
/// 1 / (1 + e^-x) in float32, within 2.5 ulp: 1/2 at ±0, 1 at +infinity, through the subnormals to 0 at -infinity, NaN stays NaN. The
/// power is always of -|x|, so that neither side overflows: e^x / (1 + e^x) below 0.
/// </summary>
internal readonly struct SigmoidOperator : IUnaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TWidth, TVector>(TVector x)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        var one = TWidth.Broadcast(1f);
        var power = default(ExpOperator).Apply<TWidth, TVector>(TWidth.Negate(TWidth.Abs(x)));
        return TWidth.Divide(TWidth.SelectLess(x, TWidth.Broadcast(0f), power, one), TWidth.Add(one, power));
    }
}
