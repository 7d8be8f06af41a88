using System.Runtime.CompilerServices;
using Backprop.Shared.Kernels;

namespace Backprop.Shared.Gradients;

/// <summary>
/// What an optimizer is given for one element: (sum / n) · scale, each rounded. Without clipping the scale is 1, and the product exact.
/// </summary>
internal readonly struct AverageOperator<TDivision>(TDivision division, float scale) : IUnaryOperator
    where TDivision : struct, IUnaryOperator
{
    private readonly TDivision _division = division;
    private readonly float _scale = scale;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TWidth, TVector>(TVector x)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct =>
        TWidth.Multiply(_division.Apply<TWidth, TVector>(x), TWidth.Broadcast(_scale));
}

/// <summary>The same with L2 decay: fma(decay, p, (sum / n) · scale).</summary>
internal readonly struct DecayedAverageOperator<TDivision>(AverageOperator<TDivision> average, float decay) : IBinaryOperator
    where TDivision : struct, IUnaryOperator
{
    private readonly AverageOperator<TDivision> _average = average;
    private readonly float _decay = decay;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TWidth, TVector>(TVector x, TVector y)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct =>
        TWidth.FusedMultiplyAdd(TWidth.Broadcast(_decay), y, _average.Apply<TWidth, TVector>(x));
}
