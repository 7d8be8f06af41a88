namespace Backprop.Coordinator.Explain;

/// <summary>One sample, forward to its loss and back to every weight, in float64.</summary>
internal sealed class SamplePass
{
    private SamplePass(double[][] values, double[][] deltas, double[] gradient) => (Values, Deltas, Gradient) = (values, deltas, gradient);

    /// <summary>The input, then what each layer gives: layer i takes Values[i] and gives Values[i + 1].</summary>
    public double[][] Values { get; }

    /// <summary>The loss.</summary>
    public double Loss { get; private set; }

    /// <summary>dL/dValues, place by place; empty before the first layer with weights, where nobody needs it.</summary>
    public double[][] Deltas { get; }

    /// <summary>dL/dw for every weight, as the flat vector.</summary>
    public double[] Gradient { get; }

    /// <summary>How many multiplications the way back took; the local derivatives themselves are not counted.</summary>
    public long Multiplications { get; private set; }

    /// <summary>Walks one sample through.</summary>
    /// <param name="weights">The flat parameter vector.</param>
    public static SamplePass Run(ExplainedNetwork network, double[] weights, double[] input, ExplainedTarget target)
    {
        var layers = network.Layers;
        var values = new double[layers.Count + 1][];
        var deltas = Enumerable.Repeat(Array.Empty<double>(), layers.Count + 1).ToArray();
        values[0] = input;
        for (var i = 0; i < layers.Count; i++)
        {
            values[i + 1] = layers[i].Forward(values[i], weights);
        }

        var pass = new SamplePass(values, deltas, new double[weights.Length]) { Loss = network.Loss.Value(values[^1], target) };
        deltas[^1] = network.Loss.Derivative(values[^1], target);
        for (var i = layers.Count - 1; i >= 0; i--)
        {
            if (layers[i] is ExplainedLinear linear)
            {
                pass.TakeGradient(linear, values[i], deltas[i + 1]);
            }

            if (layers[i].HandsOn)
            {
                deltas[i] = pass.HandOn(layers[i], i, weights);
            }
        }

        return pass;
    }

    /// <summary>dL/dweight = δ · x and dL/dbias = δ: one new factor to what has been multiplied already.</summary>
    private void TakeGradient(ExplainedLinear layer, double[] x, double[] delta)
    {
        for (var output = 0; output < layer.Outputs; output++)
        {
            for (var input = 0; input < layer.Inputs; input++)
            {
                Gradient[layer.PlaceOf(output, input)] = Multiply(delta[output], x[input]);
            }

            if (layer.Bias is { } bias)
            {
                Gradient[bias.Start + output] = delta[output];
            }
        }
    }

    /// <summary>dL/dx = sum over the outputs of δ · dy/dx: all that the layers before need of those after.</summary>
    private double[] HandOn(ExplainedLayer layer, int place, double[] weights)
    {
        if (layer.IsView)
        {
            return Deltas[place + 1];
        }

        var delta = new double[layer.Inputs];
        for (var input = 0; input < layer.Inputs; input++)
        {
            for (var output = 0; output < layer.Outputs; output++)
            {
                if (layer.Connects(output, input))
                {
                    var local = layer.Derivative(output, input, Values[place], Values[place + 1], weights);
                    delta[input] += Multiply(Deltas[place + 1][output], local);
                }
            }
        }

        return delta;
    }

    private double Multiply(double a, double b)
    {
        Multiplications++;
        return a * b;
    }
}
