using Backprop.Shared.Layers;
using Backprop.Shared.Losses;
using Backprop.Shared.Models;

namespace Backprop.Tests.Parity;

/// <summary>
/// What a model and its loss compute, in plain double precision: one sample, the formulas of the documentation, no kernel and no order of
/// sums of the engine's. It has no derivatives: those come from it by central differences.
/// </summary>
internal sealed class DoubleModel
{
    private const double Epsilon = 1e-5;
    private readonly IReadOnlyList<LayerSpec> _layers;
    private readonly Dictionary<string, double[]> _parameters;

    /// <param name="layers">What the model was built from.</param>
    /// <param name="layout">Where each named parameter lies.</param>
    /// <param name="weights">The flat vector, widened here.</param>
    public DoubleModel(IReadOnlyList<LayerSpec> layers, ParameterLayout layout, ReadOnlySpan<float> weights)
    {
        _layers = layers;
        _parameters = [];
        foreach (var parameter in layout.Parameters)
        {
            _parameters[parameter.FullName] = Widen(weights.Slice(parameter.Start, parameter.Length));
        }
    }

    /// <summary>The outputs of a sample.</summary>
    public double[] Forward(double[] sample)
    {
        var x = sample;
        for (var i = 0; i < _layers.Count; i++)
        {
#pragma warning disable RS0030 // The reference is the library's own mathematics, on purpose.
            x = _layers[i] switch
            {
                LinearSpec linear => Linear(x, linear, i),
                ReluSpec => [.. x.Select(v => Math.Max(v, 0))],
                SigmoidSpec => [.. x.Select(v => 1 / (1 + Math.Exp(-v)))],
                TanhSpec => [.. x.Select(Math.Tanh)],
                SoftmaxSpec => Softmax(x),
                FlattenSpec => x,
                var other => throw new InvalidOperationException($"{other} has no forward in double precision; write it here."),
            };
#pragma warning restore RS0030
        }

        return x;
    }

    /// <summary>The loss of one sample's outputs.</summary>
    public static double Loss(LossSpec loss, double[] outputs, int label, double[] targets)
    {
#pragma warning disable RS0030 // The reference, in the library's double precision.
        return loss switch
        {
            CrossEntropySpec => Math.Log(outputs.Sum(v => Math.Exp(v - outputs.Max()))) - (outputs[label] - outputs.Max()),
            MeanSquaredErrorSpec => outputs.Zip(targets, (y, t) => (y - t) * (y - t)).Sum() / outputs.Length,
            _ => throw new InvalidOperationException($"{loss} has no formula in double precision; write it here."),
        };
#pragma warning restore RS0030
    }

    /// <summary>The derivative of a function of this model by each element of a parameter, by central differences.</summary>
    public double[] Derivative(string parameter, Func<double> value) => Derivative(_parameters[parameter], value);

    /// <summary>The derivative of a function by each element of an array that it reads, by central differences.</summary>
    public static double[] Derivative(double[] by, Func<double> value)
    {
        var derivative = new double[by.Length];
        for (var i = 0; i < by.Length; i++)
        {
            var kept = by[i];
            by[i] = kept + Epsilon;
            var above = value();
            by[i] = kept - Epsilon;
            derivative[i] = (above - value()) / (2 * Epsilon);
            by[i] = kept;
        }

        return derivative;
    }

    public static double[] Widen(ReadOnlySpan<float> values)
    {
        var wide = new double[values.Length];
        for (var i = 0; i < wide.Length; i++)
        {
            wide[i] = values[i];
        }

        return wide;
    }

    private double[] Linear(double[] x, LinearSpec linear, int place)
    {
        var weight = _parameters[$"layers.{place}.weight"];
        var y = linear.Bias ? (double[])_parameters[$"layers.{place}.bias"].Clone() : new double[linear.Out];
        for (var row = 0; row < y.Length; row++)
        {
            for (var column = 0; column < x.Length; column++)
            {
                y[row] += weight[(row * x.Length) + column] * x[column];
            }
        }

        return y;
    }

    private static double[] Softmax(double[] x)
    {
#pragma warning disable RS0030 // The reference, in the library's double precision.
        double[] powers = [.. x.Select(v => Math.Exp(v - x.Max()))];
#pragma warning restore RS0030
        return [.. powers.Select(p => p / powers.Sum())];
    }
}
