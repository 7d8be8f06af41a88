using Backprop.Shared.Gradients;
using Backprop.Shared.Models;
using Backprop.Shared.Optimizers;

namespace Backprop.Tests.Shared.Gradients;

/// <summary>
/// The per-sample average and the update it makes, to be read: sums of spans are added up the tree, divided once by the true number of
/// samples, scaled where the norm is above the limit, decayed, and given to the optimizer. Plain loops, whole parameters; the sweeps of a
/// commit give these bits.
/// </summary>
internal sealed class PerSampleAverage(ParameterLayout layout, OptimizerSpec optimizer, ClipSpec? clip)
{
    /// <summary>node = left + right; an empty side leaves the other as it is.</summary>
    public static float[]? Fold(Dictionary<ShardSpan, float[]> leaves, ShardSpan node)
    {
        if (leaves.TryGetValue(node, out var leaf))
        {
            return leaf;
        }

        if (node.Count == 1)
        {
            return null;
        }

        var left = Fold(leaves, node.Left);
        var right = Fold(leaves, node.Right);
        return left is null ? right : right is null ? left : [.. left.Zip(right, (x, y) => x + y)];
    }

    /// <summary>q = sum / n, in float32.</summary>
    public static float[] Divide(float[] sum, int samples) => [.. sum.Select(x => x / (float)samples)];

    /// <summary>The root of the sum of squares, in float64: 16 lanes over blocks of 4,096 elements of each parameter.</summary>
    public double Norm(float[] average)
    {
        var total = 0.0;
        foreach (var parameter in layout.Parameters)
        {
            var sum = 0.0;
            for (var start = 0; start < parameter.Length; start += Partition.BlockElements)
            {
                sum += SquareSum(average.AsSpan(parameter.Start + start, Math.Min(Partition.BlockElements, parameter.Length - start)));
            }

            total += sum;
        }

        return Math.Sqrt(total);
    }

    /// <summary>Weights and state in place.</summary>
    public void Update(float[] average, double norm, in OptimizerStep step, float[] weights, Memory<float>[] state)
    {
        var scale = clip is null ? 1 : (float)Math.Min(1, clip.Norm / (norm + 1e-6));
        foreach (var parameter in layout.Parameters)
        {
            var gradient = new float[parameter.Length];
            for (var i = 0; i < parameter.Length; i++)
            {
                gradient[i] = clip is null ? average[parameter.Start + i] : average[parameter.Start + i] * scale;
                if (!optimizer.DecaysWeightsDirectly && optimizer.WeightDecay > 0)
                {
                    gradient[i] = MathF.FusedMultiplyAdd((float)optimizer.WeightDecay, weights[parameter.Start + i], gradient[i]);
                }
            }

            var blocks = new StateBlocks(state, parameter.Start, parameter.Length);
            optimizer.Update(step, gradient, weights.AsSpan(parameter.Start, parameter.Length), blocks);
        }
    }

    private static double SquareSum(ReadOnlySpan<float> block)
    {
        var lanes = new double[16];
        for (var i = 0; i < block.Length; i++)
        {
            lanes[i % 16] += (double)block[i] * block[i];
        }

        for (var half = 8; half > 0; half /= 2)
        {
            for (var lane = 0; lane < half; lane++)
            {
                lanes[lane] += lanes[lane + half];
            }
        }

        return lanes[0];
    }
}
