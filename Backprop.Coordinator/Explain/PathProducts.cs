using System.Numerics;

namespace Backprop.Coordinator.Explain;

/// <summary>
/// What the same gradients cost where nothing is reused: for every weight, the product along each path from the loss down to it is
/// multiplied anew. Counted without walking the paths, since there are as many of them as the product of the layers' widths.
/// </summary>
internal static class PathProducts
{
    /// <summary>How many multiplications one sample takes.</summary>
    public static BigInteger Multiplications(ExplainedNetwork network)
    {
        // For each output of the layer at hand: how many paths lead to it from the loss, and how many factors these have in all, dL/dy
        // among them.
        var width = network.Layers[^1].Outputs;
        var paths = Enumerable.Repeat(BigInteger.One, width).ToArray();
        var factors = Enumerable.Repeat(BigInteger.One, width).ToArray();
        var total = BigInteger.Zero;
        for (var i = network.Layers.Count - 1; i >= 0; i--)
        {
            var layer = network.Layers[i];
            if (layer is ExplainedLinear linear)
            {
                total += ForParameters(linear, paths, factors);
            }

            if (!layer.HandsOn)
            {
                break;
            }

            if (!layer.IsView)
            {
                (paths, factors) = Lengthen(layer, paths, factors);
            }
        }

        return total;
    }

    /// <summary>A weight is one factor more on each path, a bias none; a product of n factors takes n - 1 multiplications.</summary>
    private static BigInteger ForParameters(ExplainedLinear layer, BigInteger[] paths, BigInteger[] factors)
    {
        var total = BigInteger.Zero;
        for (var output = 0; output < layer.Outputs; output++)
        {
            total += layer.Inputs * factors[output];
            total += layer.Bias is null ? 0 : factors[output] - paths[output];
        }

        return total;
    }

    private static (BigInteger[] Paths, BigInteger[] Factors) Lengthen(ExplainedLayer layer, BigInteger[] paths, BigInteger[] factors)
    {
        var (longerPaths, longerFactors) = (new BigInteger[layer.Inputs], new BigInteger[layer.Inputs]);
        for (var input = 0; input < layer.Inputs; input++)
        {
            for (var output = 0; output < layer.Outputs; output++)
            {
                if (layer.Connects(output, input))
                {
                    longerPaths[input] += paths[output];
                    longerFactors[input] += factors[output] + paths[output];
                }
            }
        }

        return (longerPaths, longerFactors);
    }
}
