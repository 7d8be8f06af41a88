using Backprop.Coordinator.Explain;
using Backprop.Shared.Runs;
using Backprop.Tests.Articles;
using Backprop.Tests.Shared.Runs;

namespace Backprop.Tests.Coordinator.Explain;

/// <summary>What reuse saves: multiplications counted as they are made, and those of the products written out path by path.</summary>
public sealed class MultiplicationsTests
{
    [Fact]
    public void The_alphabet_takes_49_multiplications_with_reuse_and_325_without()
    {
        var explanation = Explanation.Of(Article.Load("chain26"), 1);

        explanation.Samples.ShouldAllBe(s => s.Pass.Multiplications == 49);
        PathProducts.Multiplications(explanation.Network).ShouldBe(325);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(25)]
    [InlineData(50)]
    [InlineData(100)]
    public void A_chain_costs_linearly_with_reuse_and_quadratically_without(int weights)
    {
        var chain = string.Join(", ", Enumerable.Repeat("{ linear: { out: 1, bias: false } }", weights));
        var explanation = Explanation.Of(PreparedRun.Load(Examples.Parse(
            $$"""
            data: { train: { kind: values, inputs: [[1]], targets: [[2]] } }
            model: [{{chain}}]
            loss: mse
            optimizer: { kind: sgd, rate: 0.1 }
            batch: 1
            steps: 1
            """)), 1);

        explanation.Samples[0].Pass.Multiplications.ShouldBe((2 * weights) - 1);
        PathProducts.Multiplications(explanation.Network).ShouldBe(weights * (weights + 1) / 2);
    }

    /// <summary>Really walks every path from the loss to every weight: the same gradient, as many multiplications as foretold.</summary>
    [Theory]
    [InlineData("chain")]
    [InlineData("neuron")]
    [InlineData("two-layer")]
    [InlineData("simple-nn")]
    [InlineData("two-hidden")]
    public void Walking_all_paths_gives_the_same_gradient_at_the_price_foretold(string name)
    {
        var explanation = Explanation.Of(Article.Load(name), 1);
        foreach (var sample in explanation.Samples)
        {
            var walk = new PathWalk(explanation, sample.Pass);
            for (var i = 0; i < walk.Gradient.Length; i++)
            {
                walk.Gradient[i].ShouldBe(sample.Pass.Gradient[i], 1e-12, $"place {i} of sample {sample.Id}");
            }

            PathProducts.Multiplications(explanation.Network).ShouldBe(walk.Multiplications);
            sample.Pass.Multiplications.ShouldBeLessThanOrEqualTo(walk.Multiplications);
        }
    }

    private sealed class PathWalk
    {
        private readonly Explanation _explanation;
        private readonly SamplePass _pass;

        public PathWalk(Explanation explanation, SamplePass pass)
        {
            (_explanation, _pass) = (explanation, pass);
            Gradient = new double[pass.Gradient.Length];
            for (var output = 0; output < pass.Deltas[^1].Length; output++)
            {
                Down(explanation.Network.Layers.Count - 1, output, [pass.Deltas[^1][output]]);
            }
        }

        public double[] Gradient { get; }

        public long Multiplications { get; private set; }

        private void Down(int place, int output, double[] factors)
        {
            var (layer, x, y) = (_explanation.Network.Layers[place], _pass.Values[place], _pass.Values[place + 1]);
            if (layer is ExplainedLinear linear)
            {
                for (var input = 0; input < linear.Inputs; input++)
                {
                    Gradient[linear.PlaceOf(output, input)] += Multiplied([.. factors, x[input]]);
                }

                if (linear.Bias is { } bias)
                {
                    Gradient[bias.Start + output] += Multiplied(factors);
                }
            }

            for (var input = 0; layer.HandsOn && input < layer.Inputs; input++)
            {
                if (layer.Connects(output, input))
                {
                    Down(place - 1, input, [.. factors, layer.Derivative(output, input, x, y, _explanation.Before)]);
                }
            }
        }

        private double Multiplied(double[] factors)
        {
            Multiplications += factors.Length - 1;
            return factors.Aggregate((a, b) => a * b);
        }
    }
}
