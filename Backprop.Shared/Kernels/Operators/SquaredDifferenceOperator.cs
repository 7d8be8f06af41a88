using System.Runtime.CompilerServices;

namespace Backprop.Shared.Kernels.Operators;

/// <summary>(x - y)².</summary>
internal readonly struct SquaredDifferenceOperator : IBinaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TWidth, TVector>(TVector x, TVector y)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        var difference = TWidth.Subtract(x, y);
        return TWidth.Multiply(difference, difference);
    }
}
