using System.Runtime.CompilerServices;
using Backprop.Shared.Kernels;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Optimizers;

/// <summary>
/// Gradient descent with momentum, as PyTorch's SGD without dampening: b ← fma(momentum, b, g); p ← fma(-rate, b, p). PyTorch starts with
/// b = g, which is what a state of zeros gives.
/// </summary>
[Kind("momentum")]
public record MomentumOptimizer : OptimizerSpec
{
    private static readonly string[] Names = ["momentum"];

    /// <summary>How much of the last update's direction is kept, in [0, 1). Default 0.9.</summary>
    public double Momentum
    {
        get;
        init => field = value is >= 0 and < 1 ? value
            : throw new ArgumentOutOfRangeException(nameof(Momentum), "momentum must be in [0, 1)");
    } = 0.9;

    /// <inheritdoc/>
    public override IReadOnlyList<string> StateNames => Names;

    /// <inheritdoc/>
    public override void Update(in OptimizerStep step, ReadOnlySpan<float> gradient, Span<float> parameters, in StateBlocks state) =>
        UpdateTraversal.Run(new Operator((float)-step.Rate, (float)Momentum), gradient, parameters, state[0]);

    private readonly struct Operator(float minusRate, float momentum) : IUpdateOperator
    {
        private readonly float _minusRate = minusRate;
        private readonly float _momentum = momentum;

        public static int StateVectors => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Apply<TWidth, TVector>(TVector gradient, TVector parameter, ref TVector first, ref TVector second)
            where TWidth : struct, IWidth<TVector>
            where TVector : struct
        {
            first = TWidth.FusedMultiplyAdd(TWidth.Broadcast(_momentum), first, gradient);
            return TWidth.FusedMultiplyAdd(TWidth.Broadcast(_minusRate), first, parameter);
        }
    }
}
