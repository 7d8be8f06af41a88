using Backprop.Shared.Kernels;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Explain;

/// <summary>From the samples' gradients to new weights, in float64: average, clip, decay, step.</summary>
internal sealed class ExplainedUpdate
{
    private ExplainedUpdate(double[] average, double[] taken, double norm, double clip, double[]? after, string rule) =>
        (Average, Taken, Norm, Clip, After, Rule) = (average, taken, norm, clip, after, rule);

    /// <summary>The mean of the samples' gradients, in float64.</summary>
    public double[] Average { get; }

    /// <summary>What the optimizer takes: the average, clipped, L2 decay added.</summary>
    public double[] Taken { get; }

    /// <summary>The average's norm.</summary>
    public double Norm { get; }

    /// <summary>The factor of the clipping; 1 where nothing is clipped.</summary>
    public double Clip { get; }

    /// <summary>The new weights; null for an optimizer whose rule is not explained.</summary>
    public double[]? After { get; }

    /// <summary>The rule, for people.</summary>
    public string Rule { get; }

    /// <summary>The update of a step.</summary>
    /// <param name="samples">Each sample's gradient.</param>
    /// <param name="before">The weights before it.</param>
    /// <param name="state">The optimizer's state before it.</param>
    public static ExplainedUpdate Of(RunFile file, IReadOnlyList<SamplePass> samples, double[] before, double[][] state, OptimizerStep step)
    {
        var average = new double[before.Length];
        foreach (var sample in samples)
        {
            for (var i = 0; i < average.Length; i++)
            {
                average[i] += sample.Gradient[i] / samples.Count;
            }
        }

        var norm = Math.Sqrt(average.Sum(g => g * g));
        var clip = file.Clip is { } limit ? Math.Min(1, limit.Norm / (norm + 1e-6)) : 1;
        var decay = file.Optimizer.DecaysWeightsDirectly ? 0 : file.Optimizer.WeightDecay;
        var taken = average.Select((g, i) => (g * clip) + (decay * before[i])).ToArray();
        var (rule, next) = RuleOf(file.Optimizer, state, step);
        var after = next is null ? null : before.Select((p, i) => next(i, taken[i], p)).ToArray();
        return new ExplainedUpdate(average, taken, norm, clip, after, rule);
    }

    /// <summary>The rule in words, and as a function of (place, gradient, weight) to the new weight.</summary>
    private static (string Rule, Func<int, double, double, double>? Next) RuleOf(
        OptimizerSpec optimizer, double[][] state, OptimizerStep step)
    {
        var rate = step.Rate;
        switch (optimizer)
        {
            case SgdOptimizer:
                return ("after = before - rate · gradient", (_, g, p) => p - (rate * g));
            case MomentumOptimizer { Momentum: var m } plain when plain.GetType() == typeof(MomentumOptimizer):
                return ("m = momentum · m + gradient; after = before - rate · m", (i, g, p) => p - (rate * ((m * state[0][i]) + g)));
            case NesterovOptimizer { Momentum: var m }:
                return (
                    "m = momentum · m + gradient; after = before - rate · (momentum · m + gradient)",
                    (i, g, p) => p - (rate * ((m * ((m * state[0][i]) + g)) + g)));
            case AdamOptimizer adam when adam is AdamWOptimizer || adam.GetType() == typeof(AdamOptimizer):
                var meanCorrection = 1 - Functions.Pow(adam.Beta1, step.Step + 1);
                var varianceCorrection = 1 - Functions.Pow(adam.Beta2, step.Step + 1);
                var keep = adam.DecaysWeightsDirectly ? 1 - (rate * adam.WeightDecay) : 1;
                return (
                    "m, v = running means of gradient and gradient²; after = before - rate · m / (√v + epsilon)",
                    (i, g, p) =>
                    {
                        var mean = ((adam.Beta1 * state[0][i]) + ((1 - adam.Beta1) * g)) / meanCorrection;
                        var variance = ((adam.Beta2 * state[1][i]) + ((1 - adam.Beta2) * g * g)) / varianceCorrection;
                        return (keep * p) - (rate * mean / (Math.Sqrt(variance) + adam.Epsilon));
                    }
                );
            default:
                return ("the weights after are the engine's: this optimizer's rule is not explained", null);
        }
    }
}
