using Backprop.Shared.Layers;
using Backprop.Shared.Tensors;

namespace Backprop.Tests.Shared.Layers;

/// <summary>Each kind of layer, with the shapes on which it is checked alone.</summary>
internal static class LayerCases
{
    private static readonly Shape[] Vectors = [new(1), new(6), new(17), new(33)];
    private static readonly Shape[] AnyRank = [.. Vectors, new(2, 3), new(3, 1, 5)];

    public static readonly IReadOnlyDictionary<string, (LayerSpec[] Specs, Shape[] Inputs)> All =
        new Dictionary<string, (LayerSpec[] Specs, Shape[] Inputs)>
        {
            ["flatten"] = ([new FlattenSpec()], AnyRank),
            ["linear"] = ([new LinearSpec { Out = 17 }, new LinearSpec { Out = 1 }, new LinearSpec { Out = 5, Bias = false }], Vectors),
            ["relu"] = ([new ReluSpec()], AnyRank),
            ["sigmoid"] = ([new SigmoidSpec()], AnyRank),
            ["softmax"] = ([new SoftmaxSpec()], Vectors),
            ["tanh"] = ([new TanhSpec()], AnyRank),
        };

    /// <summary>Kind, which of its specs, which of its shapes, how many rows.</summary>
    public static TheoryData<string, int, int, int> Each()
    {
        var cases = new TheoryData<string, int, int, int>();
        foreach (var (kind, (specs, inputs)) in All)
        {
            for (var spec = 0; spec < specs.Length; spec++)
            {
                for (var input = 0; input < inputs.Length; input++)
                {
                    cases.Add(kind, spec, input, 1);
                    cases.Add(kind, spec, input, 5);
                }
            }
        }

        return cases;
    }

    /// <summary>The layer of a case, with weights, inputs and output gradients of both signs, none near 0.</summary>
    public static LayerRunner Run(string kind, int spec, int input, int rows)
    {
        var (specs, inputs) = All[kind];
        var runner = new LayerRunner(specs[spec], inputs[input], rows);
        runner.Model.Initialize(7, runner.AllWeights);
        Fill(runner.OutputGradient, 41, 31);
        Fill(runner.Input, 37, 53);
        return runner;
    }

    private static void Fill(Span<float> values, int stride, int size)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (((i * stride) % (2 * size)) - size + 0.5f) * 1.5f / size;
        }
    }
}
