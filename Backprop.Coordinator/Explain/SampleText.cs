using System.Globalization;

namespace Backprop.Coordinator.Explain;

/// <summary>One sample's part of an explanation: forward, backward, and for a chain each product written out.</summary>
internal static class SampleText
{
    public static void Write(Page page, Explanation explanation, ExplainedSample sample)
    {
        var classes = explanation.Run.Data.ClassNames;
        var target = sample.Target.Label >= 0 ? $"class {classes[sample.Target.Label]}" : $"target {Page.Row(sample.Target.Values)}";
        var input = $"sample {sample.Id}: input {Page.Row(sample.Pass.Values[0])}";
        var fits = input.Length + target.Length + 2 <= Page.Width;
        page.Line(fits ? $"{input}; {target}" : input);
        if (!fits)
        {
            page.Line($"  {target}");
        }

        page.Line();
        Forward(page, explanation, sample);
        page.Line();
        Backward(page, explanation, sample);
        page.Line();
        if (explanation.Network.IsChain)
        {
            ChainText.Write(page, explanation, sample.Pass);
            page.Line();
        }
    }

    private static void Forward(Page page, Explanation explanation, ExplainedSample sample)
    {
        var (network, pass) = (explanation.Network, sample.Pass);
        page.Line("  forward: each layer takes the y before it as x");
        for (var i = 0; i < network.Layers.Count; i++)
        {
            var (layer, x, y) = (network.Layers[i], pass.Values[i], pass.Values[i + 1]);
            for (var output = 0; output < layer.Outputs; output++)
            {
                var label = output == 0 ? $"{layer.Name} {layer.Kind}" : "";
                page.Result(label, $"y[{output}] = {ValueOf(layer, output, x, explanation.Before)}", y[output]);
            }
        }

        LossText.Forward(page, explanation, sample);
    }

    private static string ValueOf(ExplainedLayer layer, int output, double[] x, double[] weights) => layer switch
    {
        ExplainedLinear linear => Page.Sum([
            .. x.Select((v, input) => Page.Product(weights[linear.PlaceOf(output, input)], v)),
            .. linear.Bias is { } bias ? new[] { Page.Number(weights[bias.Start + output]) } : []]),
        ExplainedActivation activation => string.Format(CultureInfo.InvariantCulture, activation.ValueText, Page.Number(x[output])),
        ExplainedSoftmax => $"e^x[{output}] / sum of e^x",
        _ => $"x[{output}]",
    };

    private static void Backward(Page page, Explanation explanation, ExplainedSample sample)
    {
        var (network, pass) = (explanation.Network, sample.Pass);
        page.Line("  backward: δ = dL/dy of a layer, handed down to it by the layer after and reused for all before it");
        LossText.Backward(page, explanation, sample);
        for (var i = network.Layers.Count - 1; i >= 0; i--)
        {
            var layer = network.Layers[i];
            if (!layer.HandsOn && layer is not ExplainedLinear)
            {
                break;
            }

            page.Line($"    {layer.Name} {layer.Kind}: {Local(layer)}");
            if (layer is ExplainedLinear linear)
            {
                Gradients(page, linear, pass.Values[i], pass.Deltas[i + 1], pass.Gradient);
            }

            if (layer.HandsOn && !layer.IsView)
            {
                HandedOn(page, explanation, pass, i);
            }
        }
    }

    private static string Local(ExplainedLayer layer) => layer switch
    {
        ExplainedLinear { Bias: null } => layer.HandsOn ? "dy/dweight = x, dy/dx = weight" : "dy/dweight = x",
        ExplainedLinear => layer.HandsOn ? "dy/dweight = x, dy/dbias = 1, dy/dx = weight" : "dy/dweight = x, dy/dbias = 1",
        ExplainedActivation => "dy/dx, then δ · dy/dx",
        ExplainedSoftmax => "dy[i]/dx[j] = y[i]·((i = j ? 1 : 0) - y[j])",
        _ => "y = x, so δ goes on as it is",
    };

    private static void Gradients(Page page, ExplainedLinear layer, double[] x, double[] delta, double[] gradient)
    {
        for (var output = 0; output < layer.Outputs; output++)
        {
            for (var input = 0; input < layer.Inputs; input++)
            {
                var expression = $"δ[{output}]·x[{input}] = {Page.Product(delta[output], x[input])}";
                page.Result($"  weight[{output},{input}]", expression, gradient[layer.PlaceOf(output, input)]);
            }
        }

        if (layer.Bias is { } bias)
        {
            for (var output = 0; output < layer.Outputs; output++)
            {
                page.Result($"  bias[{output}]", $"δ[{output}]", gradient[bias.Start + output]);
            }
        }
    }

    private static void HandedOn(Page page, Explanation explanation, SamplePass pass, int place)
    {
        var layers = explanation.Network.Layers;
        var (layer, x, y) = (layers[place], pass.Values[place], pass.Values[place + 1]);
        for (var input = 0; input < layer.Inputs; input++)
        {
            if (layer is ExplainedActivation activation)
            {
                var slope = string.Format(CultureInfo.InvariantCulture, activation.SlopeText, Page.Number(y[input]));
                page.Result($"  dy[{input}]/dx[{input}]", slope, activation.Derivative(input, input, x, y, explanation.Before));
            }

            var terms = Enumerable.Range(0, layer.Outputs).Where(output => layer.Connects(output, input))
                .Select(output => Page.Product(pass.Deltas[place + 1][output], layer.Derivative(output, input, x, y, explanation.Before)));
            page.Result($"  δ[{input}] for {layers[place - 1].Name}", Page.Sum([.. terms]), pass.Deltas[place][input]);
        }
    }
}
