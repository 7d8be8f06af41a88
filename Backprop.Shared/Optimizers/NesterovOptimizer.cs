using System.Runtime.CompilerServices;
using Backprop.Shared.Kernels;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Optimizers;

/// <summary>
/// Gradient descent with Nesterov's momentum, as PyTorch's SGD has it: b ← fma(momentum, b, g); p ← fma(-rate, fma(momentum, b, g), p).
/// </summary>
/// <seealso href="https://proceedings.mlr.press/v28/sutskever13.html"/>
[Kind("nesterov")]
public sealed record NesterovOptimizer : MomentumOptimizer
{
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
            var ahead = TWidth.FusedMultiplyAdd(TWidth.Broadcast(_momentum), first, gradient);
            return TWidth.FusedMultiplyAdd(TWidth.Broadcast(_minusRate), ahead, parameter);
        }
    }
}
