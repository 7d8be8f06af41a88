using Backprop.Shared.Kernels;
using Backprop.Shared.Models;

namespace Backprop.Coordinator.Explain;

/// <summary>
/// A layer as a lesson has it, in float64: what it gives, and by how much each output changes with each input. That alone carries the chain
/// rule back through it, whatever its kind.
/// </summary>
/// <param name="name">As in the engine: <c>layers.0</c>.</param>
/// <param name="kind">As in the run file: <c>linear</c>.</param>
/// <param name="inputs">How many inputs.</param>
/// <param name="outputs">How many outputs.</param>
internal abstract class ExplainedLayer(string name, string kind, int inputs, int outputs)
{
    public string Name { get; } = name;

    public string Kind { get; } = kind;

    public int Inputs { get; } = inputs;

    public int Outputs { get; } = outputs;

    /// <summary>True where some layer before it has parameters, so that what it hands on is needed.</summary>
    public required bool HandsOn { get; init; }

    /// <summary>True where the outputs are the inputs: nothing is multiplied.</summary>
    public virtual bool IsView => false;

    /// <summary>The outputs.</summary>
    /// <param name="weights">The model's flat parameter vector.</param>
    public abstract double[] Forward(double[] x, double[] weights);

    /// <summary>True where an output depends on an input.</summary>
    public abstract bool Connects(int output, int input);

    /// <summary>The local derivative dy[output] / dx[input], for a pair that is connected.</summary>
    public abstract double Derivative(int output, int input, double[] x, double[] y, double[] weights);
}

/// <summary>y = weight · x + bias.</summary>
internal sealed class ExplainedLinear(string name, int inputs, int outputs, Parameter weight, Parameter? bias)
    : ExplainedLayer(name, "linear", inputs, outputs)
{
    public Parameter Weight => weight;

    public Parameter? Bias => bias;

    /// <summary>Where weight[output, input] is in the flat vector.</summary>
    public int PlaceOf(int output, int input) => weight.Start + (output * Inputs) + input;

    public override double[] Forward(double[] x, double[] weights)
    {
        var y = new double[Outputs];
        for (var output = 0; output < Outputs; output++)
        {
            for (var input = 0; input < Inputs; input++)
            {
                y[output] += weights[PlaceOf(output, input)] * x[input];
            }

            y[output] += bias is null ? 0 : weights[bias.Start + output];
        }

        return y;
    }

    public override bool Connects(int output, int input) => true;

    public override double Derivative(int output, int input, double[] x, double[] y, double[] weights) => weights[PlaceOf(output, input)];
}

/// <summary>y = f(x), one by one, with a derivative that follows from y.</summary>
/// <param name="value">f.</param>
/// <param name="slope">f'(x), from y = f(x).</param>
/// <param name="valueText">f as it is printed, with {0} for x.</param>
/// <param name="slopeText">f' as it is printed, with {0} for y.</param>
internal sealed class ExplainedActivation(
    string name, string kind, int width, Func<double, double> value, Func<double, double> slope, string valueText, string slopeText)
    : ExplainedLayer(name, kind, width, width)
{
    public string ValueText => valueText;

    public string SlopeText => slopeText;

    public static ExplainedActivation Relu(string name, int width, bool handsOn) =>
        new(name, "relu", width, x => Math.Max(x, 0), y => y > 0 ? 1 : 0, "max(0, {0})", "1 if y > 0 else 0, y = {0}")
        {
            HandsOn = handsOn,
        };

    public static ExplainedActivation Sigmoid(string name, int width, bool handsOn) =>
        new(name, "sigmoid", width, x => 1 / (1 + Functions.Exp(-x)), y => y * (1 - y), "1/(1 + e^-({0}))", "y·(1 - y), y = {0}")
        {
            HandsOn = handsOn,
        };

    public static ExplainedActivation Tanh(string name, int width, bool handsOn) =>
        new(name, "tanh", width, Functions.Tanh, y => 1 - (y * y), "tanh({0})", "1 - y², y = {0}")
        {
            HandsOn = handsOn,
        };

    public override double[] Forward(double[] x, double[] weights) => Array.ConvertAll(x, v => value(v));

    public override bool Connects(int output, int input) => output == input;

    public override double Derivative(int output, int input, double[] x, double[] y, double[] weights) => slope(y[output]);
}

/// <summary>y = e^x / sum of e^x: every output depends on every input.</summary>
internal sealed class ExplainedSoftmax(string name, int width) : ExplainedLayer(name, "softmax", width, width)
{
    /// <summary>The softmax of some numbers, the largest taken away first so that nothing overflows.</summary>
    public static double[] Of(double[] x)
    {
        var largest = x.Max();
        var powers = Array.ConvertAll(x, v => Functions.Exp(v - largest));
        var sum = powers.Sum();
        return Array.ConvertAll(powers, p => p / sum);
    }

    public override double[] Forward(double[] x, double[] weights) => Of(x);

    public override bool Connects(int output, int input) => true;

    public override double Derivative(int output, int input, double[] x, double[] y, double[] weights) =>
        y[output] * ((output == input ? 1 : 0) - y[input]);
}

/// <summary>The same numbers in one row.</summary>
internal sealed class ExplainedFlatten(string name, int width) : ExplainedLayer(name, "flatten", width, width)
{
    public override bool IsView => true;

    public override double[] Forward(double[] x, double[] weights) => x;

    public override bool Connects(int output, int input) => output == input;

    public override double Derivative(int output, int input, double[] x, double[] y, double[] weights) => 1;
}
