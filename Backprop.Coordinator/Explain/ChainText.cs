namespace Backprop.Coordinator.Explain;

/// <summary>A chain's gradients as whole products, and in brackets what the weight after has multiplied already.</summary>
internal static class ChainText
{
    private const int FactorsShown = 3;

    public static void Write(Page page, Explanation explanation, SamplePass pass)
    {
        page.Line("  the products along the chain; (in brackets: multiplied already for the weight after, reused)");
        var layers = explanation.Network.Layers;
        List<double> factors = [pass.Deltas[^1][0]];
        var known = 0;
        for (var i = layers.Count - 1; i >= 0; i--)
        {
            var (layer, x, y) = (layers[i], pass.Values[i], pass.Values[i + 1]);
            if (layer is ExplainedLinear linear)
            {
                page.Result(linear.Weight.FullName, $"{Text(factors, known)}·{Page.Factor(x[0])}", pass.Gradient[linear.Weight.Start]);
                if (linear.Bias is { } bias)
                {
                    page.Result(bias.FullName, Text(factors, known), pass.Gradient[bias.Start]);
                }

                known = factors.Count;
            }

            if (!layer.HandsOn)
            {
                break;
            }

            if (!layer.IsView)
            {
                factors.Add(layer.Derivative(0, 0, x, y, explanation.Before));
            }
        }
    }

    private static string Text(List<double> factors, int known)
    {
        if (known == 0)
        {
            return Page.Product([.. factors]);
        }

        var start = known <= FactorsShown
            ? Page.Product([.. factors.Take(known)])
            : $"{Page.Product([.. factors.Take(2)])}· … ·{Page.Factor(factors[known - 1])}, {known} factors";
        return $"({start}){string.Concat(factors.Skip(known).Select(f => $"·{Page.Factor(f)}"))}";
    }
}
