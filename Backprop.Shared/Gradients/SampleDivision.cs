using System.Runtime.CompilerServices;
using Backprop.Shared.Kernels;

namespace Backprop.Shared.Gradients;

/// <summary>
/// The division of a sum by the number of samples as sum · (1 / n), where n is a power of two: 1 / n is then exact, so the product is
/// the quotient, rounded once. Faster than <see cref="ByDivisor"/>.
/// </summary>
internal readonly struct ByReciprocal(int samples) : IUnaryOperator
{
    private readonly float _reciprocal = 1f / samples;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TWidth, TVector>(TVector x)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct =>
        TWidth.Multiply(x, TWidth.Broadcast(_reciprocal));
}

/// <summary>The division of a sum by the number of samples as sum / n, with n as the nearest float.</summary>
internal readonly struct ByDivisor(int samples) : IUnaryOperator
{
    private readonly float _divisor = samples;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TWidth, TVector>(TVector x)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct =>
        TWidth.Divide(x, TWidth.Broadcast(_divisor));
}
