using Backprop.Shared.Kernels;

namespace Backprop.Coordinator.Explain;

/// <summary>What a sample should have given: a class, or values.</summary>
/// <param name="Label">The class; -1 where there are values.</param>
/// <param name="Values">The values; empty where there is a class.</param>
internal sealed record ExplainedTarget(int Label, double[] Values);

/// <summary>A loss in float64, for one sample.</summary>
internal abstract class ExplainedLoss(string kind)
{
    public string Kind { get; } = kind;

    public abstract double Value(double[] y, ExplainedTarget target);

    /// <summary>dL/dy, one for each output.</summary>
    public abstract double[] Derivative(double[] y, ExplainedTarget target);
}

/// <summary>The mean over the outputs of (y - t)².</summary>
internal sealed class ExplainedMeanSquaredError() : ExplainedLoss("mse")
{
    public override double Value(double[] y, ExplainedTarget target) => y.Zip(target.Values, (a, t) => (a - t) * (a - t)).Sum() / y.Length;

    public override double[] Derivative(double[] y, ExplainedTarget target) => [.. y.Zip(target.Values, (a, t) => 2 * (a - t) / y.Length)];
}

/// <summary>-log of the probability that softmax gives the right class.</summary>
internal sealed class ExplainedCrossEntropy() : ExplainedLoss("cross-entropy")
{
    public override double Value(double[] y, ExplainedTarget target)
    {
        // log(sum of e^x) - x[label]: what -log(p) is, without the loss of digits where p is near 0.
        var largest = y.Max();
        return Functions.Log(y.Sum(v => Functions.Exp(v - largest))) - (y[target.Label] - largest);
    }

    public override double[] Derivative(double[] y, ExplainedTarget target)
    {
        var derivative = ExplainedSoftmax.Of(y);
        derivative[target.Label] -= 1;
        return derivative;
    }
}
