namespace Backprop.Coordinator.Explain;

/// <summary>The loss' part of a sample's explanation.</summary>
internal static class LossText
{
    public static void Forward(Page page, Explanation explanation, ExplainedSample sample)
    {
        var (y, target) = (sample.Pass.Values[^1], sample.Target);
        if (explanation.Network.Loss is ExplainedMeanSquaredError)
        {
            var sum = Page.Sum([.. y.Select((v, i) => $"({Page.Number(v)} - {Page.Factor(target.Values[i])})²")]);
            page.Result("loss mse", y.Length == 1 ? $"L = {sum}" : $"L = ({sum}) / {y.Length}", sample.Pass.Loss);
            return;
        }

        var probabilities = ExplainedSoftmax.Of(y);
        for (var i = 0; i < y.Length; i++)
        {
            var expression = $"p[{i}] = softmax of y[{i}], class {explanation.Run.Data.ClassNames[i]}";
            page.Result(i == 0 ? "loss cross-entropy" : "", expression, probabilities[i]);
        }

        page.Result("", $"L = -log p[{target.Label}] = -log {Page.Number(probabilities[target.Label])}", sample.Pass.Loss);
    }

    public static void Backward(Page page, Explanation explanation, ExplainedSample sample)
    {
        var (y, target, delta) = (sample.Pass.Values[^1], sample.Target, sample.Pass.Deltas[^1]);
        var squared = explanation.Network.Loss is ExplainedMeanSquaredError;
        var rule = squared ? $"2·(y - target){Divisor(y)}" : "p - 1 for the right class, p for the others";
        page.Line($"    loss {explanation.Network.Loss.Kind}: dL/dy = {rule}");
        for (var i = 0; i < y.Length; i++)
        {
            var expression = squared
                ? $"2·({Page.Number(y[i])} - {Page.Factor(target.Values[i])}){Divisor(y)}"
                : $"p[{i}] - {(i == target.Label ? 1 : 0)}";
            page.Result($"  δ[{i}] for {explanation.Network.Layers[^1].Name}", expression, delta[i]);
        }
    }

    private static string Divisor(double[] y) => y.Length == 1 ? "" : $" / {y.Length}";
}
