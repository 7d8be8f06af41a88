using Backprop.Coordinator.Explain;
using Backprop.Shared.Runs;
using Backprop.Tests.Articles;
using Backprop.Tests.Shared.Runs;

namespace Backprop.Tests.Coordinator.Explain;

/// <summary>The explained numbers are the engine's: compared sample by sample, for the average and for the update.</summary>
public sealed class ExplanationTests
{
    [Theory]
    [InlineData("chain", 1)]
    [InlineData("chain", 4)]
    [InlineData("chain26", 1)]
    [InlineData("chain26", 4)]
    [InlineData("neuron", 1)]
    [InlineData("neuron", 40)]
    [InlineData("two-layer", 1)]
    [InlineData("two-layer", 9)]
    [InlineData("simple-nn", 1)]
    [InlineData("simple-nn", 9)]
    [InlineData("two-hidden", 1)]
    [InlineData("two-hidden", 9)]
    public void The_engine_agrees_with_what_is_explained(string name, int step)
    {
        var explanation = Explanation.Of(Article.Load(name), step);

        var agreement = EngineAgreement.Of(explanation);

        agreement.Digits.ShouldBeGreaterThanOrEqualTo(5, agreement.Where);
        explanation.Engine.After.ShouldNotBe(explanation.Engine.Before);
    }

    [Theory]
    [InlineData("{ kind: sgd, rate: 0.1, weightDecay: 0.1 }", "norm: 0.1")]
    [InlineData("{ kind: momentum, rate: 0.1, momentum: 0.8, weightDecay: 0.1 }", "norm: 0.1")]
    [InlineData("{ kind: nesterov, rate: 0.1, momentum: 0.8 }", "norm: 100")]
    [InlineData("{ kind: adam, rate: 0.01, weightDecay: 0.1 }", "norm: 0.1")]
    [InlineData("{ kind: adamw, rate: 0.01, weightDecay: 0.1, epsilon: 0.001 }", "norm: 0.1")]
    public void Every_optimizers_update_is_explained_in_the_middle_of_a_run_too(string optimizer, string clip)
    {
        string[] sets = [$"optimizer={optimizer}", $"clip={{ {clip} }}", "batch=4", "schedule={ kind: cosine, warmupSteps: 3 }"];
        foreach (var step in new[] { 1, 3, 8 })
        {
            var explanation = Explanation.Of(Article.Load("two-hidden", sets), step);

            explanation.Update.After.ShouldNotBeNull();
            EngineAgreement.Of(explanation).Digits.ShouldBeGreaterThanOrEqualTo(5, $"step {step} of {optimizer}");
        }
    }

    [Theory]
    [InlineData("softmax", "mse", "targets: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]")]
    [InlineData("tanh", "mse", "targets: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]")]
    [InlineData("flatten", "cross-entropy", "labels: [a, b, c]")]
    [InlineData("relu", "cross-entropy", "labels: [a, b, c]")]
    [InlineData("sigmoid", "cross-entropy", "labels: [a, b, c]")]
    public void Every_layer_in_every_place_agrees(string layer, string loss, string targets)
    {
        var run = PreparedRun.Load(Examples.Parse(
            $$"""
            seed: 5
            data: { train: { kind: values, inputs: [[1, -0.5], [0.3, 0.8], [-0.9, 0.1]], {{targets}} } }
            model: [{{layer}}, { linear: 4 }, {{layer}}, { linear: 3 }, {{layer}}, {{layer}}, { linear: 3 }, {{layer}}]
            loss: {{loss}}
            optimizer: { kind: sgd, rate: 0.1 }
            batch: 3
            steps: 4
            """));

        var agreement = EngineAgreement.Of(Explanation.Of(run, 2));

        agreement.Digits.ShouldBeGreaterThanOrEqualTo(5, agreement.Where);
    }

    [Fact]
    public void An_engine_that_computed_something_else_would_be_told()
    {
        var explanation = Explanation.Of(Article.Load("simple-nn"), 1);
        var engine = explanation.Engine;

        var average = EngineAgreement.Of(
            explanation with { Engine = engine with { Average = [.. engine.Average.Select(g => g * 1.001f)] } });
        var update = EngineAgreement.Of(explanation with { Engine = engine with { After = engine.Before } });

        average.Digits.ShouldBe(2);
        average.Where.ShouldEndWith(" of the average");
        update.Digits.ShouldBeLessThan(2);
        update.Where.ShouldEndWith(" of the update");
    }
}
