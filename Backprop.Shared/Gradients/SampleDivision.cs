using System.Runtime.CompilerServices;
using Backprop.Shared.Kernels;

namespace Backprop.Shared.Gradients;

/// <summary>
/// The division of a sum over samples by their number. Both ways round once, so they agree to the last bit wherever both may be used.
/// </summary>
internal interface ISampleDivision
{
    TVector Apply<TWidth, TVector>(TVector sum)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct;
}

/// <summary>
/// sum · (1 / n), for an n that is a power of two: 1 / n is then exact, so the product is the quotient, rounded once. Several times as
/// fast.
/// </summary>
internal readonly struct ByReciprocal(int samples) : ISampleDivision
{
    private readonly float _reciprocal = 1f / samples;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TWidth, TVector>(TVector sum)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct =>
        TWidth.Multiply(sum, TWidth.Broadcast(_reciprocal));
}

/// <summary>sum / n, with n as the nearest float.</summary>
internal readonly struct ByDivisor(int samples) : ISampleDivision
{
    private readonly float _divisor = samples;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TWidth, TVector>(TVector sum)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct =>
        TWidth.Divide(sum, TWidth.Broadcast(_divisor));
}
