using System.Runtime.CompilerServices;
using Backprop.Shared.Kernels;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Optimizers;

/// <summary>Stochastic gradient descent: p ← fma(-rate, g, p).</summary>
[Kind("sgd")]
public sealed record SgdOptimizer : OptimizerSpec
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> StateNames => [];

    /// <inheritdoc/>
    public override void Update(in OptimizerStep step, ReadOnlySpan<float> gradient, Span<float> parameters, in StateBlocks state) =>
        UpdateTraversal.Run(new Operator((float)-step.Rate), gradient, parameters);

    private readonly struct Operator(float minusRate) : IUpdateOperator
    {
        private readonly float _minusRate = minusRate;

        public static int StateVectors => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Apply<TWidth, TVector>(TVector gradient, TVector parameter, ref TVector first, ref TVector second)
            where TWidth : struct, IWidth<TVector>
            where TVector : struct =>
            TWidth.FusedMultiplyAdd(TWidth.Broadcast(_minusRate), gradient, parameter);
    }
}
