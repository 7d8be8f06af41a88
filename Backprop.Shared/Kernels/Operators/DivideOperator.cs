using System.Runtime.CompilerServices;

namespace Backprop.Shared.Kernels.Operators;

/// <summary>x / y.</summary>
internal readonly struct DivideOperator : IBinaryOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply<TWidth, TVector>(TVector x, TVector y)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct => TWidth.Divide(x, y);
}
