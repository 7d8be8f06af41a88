using Backprop.Shared.Models;

namespace Backprop.Coordinator.Explain;

/// <summary>
/// How far the engine's float32 numbers are from the explained float64 ones: the largest difference in a tensor, relative to
/// that tensor's largest value, and the tensor where that is largest.
/// </summary>
/// <param name="Relative">The difference, relative to the largest value; 0 where every number is the same.</param>
/// <param name="Where">The tensor.</param>
internal readonly record struct EngineAgreement(double Relative, string Where)
{
    private const int DigitsMax = 15;

    /// <summary>How many decimal digits agree.</summary>
    public int Digits
    {
        get
        {
            var digits = 0;
            for (var limit = 0.1; Relative <= limit && digits < DigitsMax; limit /= 10)
            {
                digits++;
            }

            return digits;
        }
    }

    /// <summary>Compares all that both have computed.</summary>
    public static EngineAgreement Of(Explanation explanation)
    {
        var (engine, layout) = (explanation.Engine, explanation.Network.Layout);
        var worst = new EngineAgreement(0, "nothing");
        for (var i = 0; i < explanation.Samples.Count; i++)
        {
            var sample = explanation.Samples[i];
            worst = worst.Or([engine.Losses[i]], [sample.Pass.Loss], $"the loss of sample {sample.Id}");
            worst = worst.Or(layout, engine.Gradients[i], sample.Pass.Gradient, $"the gradient of sample {sample.Id}");
        }

        worst = worst.Or(layout, engine.Average, explanation.Update.Average, "the average");
        return explanation.Update.After is { } after ? worst.Or(layout, engine.After, after, "the update") : worst;
    }

    private EngineAgreement Or(ParameterLayout layout, float[] engine, double[] explained, string where)
    {
        var worst = this;
        foreach (var parameter in layout.Parameters)
        {
            worst = worst.Or(
                Array.ConvertAll(engine[parameter.Start..(parameter.Start + parameter.Length)], v => (double)v),
                explained[parameter.Start..(parameter.Start + parameter.Length)],
                $"{parameter.FullName} of {where}");
        }

        return worst;
    }

    private EngineAgreement Or(double[] engine, double[] explained, string where)
    {
        var (difference, largest) = (0.0, 0.0);
        for (var i = 0; i < engine.Length; i++)
        {
            difference = Math.Max(difference, Math.Abs(engine[i] - explained[i]));
            largest = Math.Max(largest, Math.Abs(explained[i]));
        }

        // Against nothing but zeros any difference is a whole one.
        var relative = difference == 0 ? 0 : largest == 0 ? 1 : difference / largest;
        return relative > Relative ? new EngineAgreement(relative, where) : this;
    }
}
