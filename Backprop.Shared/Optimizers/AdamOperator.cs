using System.Runtime.CompilerServices;
using Backprop.Shared.Kernels;

namespace Backprop.Shared.Optimizers;

/// <summary>
/// Adam's arithmetic, each line rounded as written: m ← fma(oneMinusBeta1, g, beta1 · m); v ← fma(oneMinusBeta2 · g, g, beta2 · v);
/// d = fma(√v, rootScale, epsilon); p ← fma(minusRate, m / d, keep · p). A keep of 1 is exact: Adam without decoupled decay.
/// </summary>
/// <param name="beta1">Decay of the mean.</param>
/// <param name="oneMinusBeta1">1 - beta1.</param>
/// <param name="beta2">Decay of the variance.</param>
/// <param name="oneMinusBeta2">1 - beta2.</param>
/// <param name="rootScale">1 / √(1 - beta2^t).</param>
/// <param name="epsilon">Keeps the divisor from 0.</param>
/// <param name="minusRate">-rate / (1 - beta1^t).</param>
/// <param name="keep">1 - rate · decay.</param>
internal readonly struct AdamOperator(
    float beta1, float oneMinusBeta1, float beta2, float oneMinusBeta2, float rootScale, float epsilon, float minusRate, float keep)
    : IUpdateOperator
{
    private readonly float _beta1 = beta1;
    private readonly float _oneMinusBeta1 = oneMinusBeta1;
    private readonly float _beta2 = beta2;
    private readonly float _oneMinusBeta2 = oneMinusBeta2;
    private readonly float _rootScale = rootScale;
    private readonly float _epsilon = epsilon;
    private readonly float _minusRate = minusRate;
    private readonly float _keep = keep;

    public static int StateVectors => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TWidth, TVector>(TVector gradient, TVector parameter, ref TVector first, ref TVector second)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        first = TWidth.FusedMultiplyAdd(TWidth.Broadcast(_oneMinusBeta1), gradient, TWidth.Multiply(TWidth.Broadcast(_beta1), first));
        var scaled = TWidth.Multiply(TWidth.Broadcast(_oneMinusBeta2), gradient);
        second = TWidth.FusedMultiplyAdd(scaled, gradient, TWidth.Multiply(TWidth.Broadcast(_beta2), second));
        var divisor = TWidth.FusedMultiplyAdd(TWidth.Sqrt(second), TWidth.Broadcast(_rootScale), TWidth.Broadcast(_epsilon));
        var kept = TWidth.Multiply(TWidth.Broadcast(_keep), parameter);
        return TWidth.FusedMultiplyAdd(TWidth.Broadcast(_minusRate), TWidth.Divide(first, divisor), kept);
    }
}
