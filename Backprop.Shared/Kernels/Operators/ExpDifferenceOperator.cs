using System.Runtime.CompilerServices;

namespace Backprop.Shared.Kernels.Operators;

/// <summary>e^(x - y): a logit against its row's maximum, or any x against a shift.</summary>
internal readonly struct ExpDifferenceOperator : IBinaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TWidth, TVector>(TVector x, TVector y)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct => default(ExpOperator).Apply<TWidth, TVector>(TWidth.Subtract(x, y));
}
