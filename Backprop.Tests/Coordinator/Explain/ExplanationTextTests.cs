using Backprop.Coordinator.Explain;
using Backprop.Shared.Layers;
using Backprop.Shared.Models;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Backprop.Tests.Articles;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Explain;

/// <summary>The page that <c>backprop explain</c> prints.</summary>
public sealed class ExplanationTextTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    public void No_line_is_wider_than_a_hundred_columns(int step)
    {
        foreach (var name in Article.Names)
        {
            var lines = ExplanationText.Of(Explanation.Of(Article.Load(name), step), null).Split('\n');
            lines.ShouldAllBe(line => line.Length <= 100 && line == line.TrimEnd());
        }
    }

    [Fact]
    public void A_chain_is_written_out_to_its_end()
    {
        var text = ExplanationText.Of(Explanation.Of(Article.Load("chain"), 1), null);

        Words(text).ShouldContain("layers.0.weight (-16·1)·1.5·3 = -72");
        Words(text).ShouldContain("layers.0.weight[0,0] -72 -5100 798 -1458");
        Words(text).ShouldContain("layers.2.weight[0,0] 1 -2916 0.1458 1.1458");
        Words(text).ShouldContain("with reuse each δ worked out once, used by all that need it = 5");
        Words(text).ShouldContain("without each weight's paths to the loss multiplied anew = 6");
        text.ShouldContain("the engine agrees to 7 digits");
    }

    [Fact]
    public void One_sample_is_shown_without_the_others_and_the_update()
    {
        var text = ExplanationText.Of(Explanation.Of(Article.Load("two-hidden"), 1), 3);

        text.ShouldContain("sample 3: input 1.5, -1; class right");
        text.ShouldNotContain("sample 4:");
        text.ShouldNotContain("update:");
        text.ShouldContain("the engine agrees to 6 digits");
    }

    [Fact]
    public void The_page_in_the_documentation_is_the_page_that_is_printed()
    {
        var document = File.ReadAllText(Repository.PathOf("docs", "explain.md"));
        var start = document.IndexOf("```text\n", StringComparison.Ordinal) + "```text\n".Length;
        var pasted = document[start..document.IndexOf("```", start, StringComparison.Ordinal)];

        pasted.ShouldBe(ExplanationText.Of(Explanation.Of(Article.Load("simple-nn"), 1), null));
    }

    [Fact]
    public void What_cannot_be_explained_is_refused_in_a_sentence()
    {
        Refusal(() => Explanation.Of(Article.Load("chain"), 16)).ShouldBe("--step 16 is not in the run; it has the steps 1 to 15.");
        Refusal(() => Explanation.Of(Article.Load("chain"), 0)).ShouldStartWith("--step 0 is not in the run");
        Refusal(() => ExplanationText.Of(Explanation.Of(Article.Load("chain"), 1), 3))
            .ShouldBe("Sample 3 is not in the batch of step 1; that has samples 0, 1, 2. Choose one of them, or another --step.");
        string[] large = ["model.0.linear.out=400", "model.0.linear.init=default", "model.2.linear.init=default"];
        Refusal(() => Explanation.Of(Article.Load("two-hidden", large), 1))
            .ShouldStartWith("The model has 2,415 parameters, and explain prints every one; it takes at most 500.");
        var run = Article.Load("simple-nn");
        var odd = PreparedRun.From(run.File with { Model = [.. run.File.Model, new OddSpec()] }, run.Data);
        Refusal(() => Explanation.Of(odd, 1)).ShouldBe(
            "explain knows the layers linear, relu, sigmoid, tanh, softmax and flatten, but layers.3 is 'odd'; use a network of those.");
    }

    private static string Refusal(Func<object> explain)
    {
        var refusal = Should.Throw<UserException>(explain);
        refusal.ExitCode.ShouldBe(ExitCode.Usage);
        return refusal.Message;
    }

    private static string[] Words(string text) =>
        [.. text.Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];

    [Kind("odd")]
    private sealed record OddSpec : LayerSpec
    {
        public override Layer Build(LayerBuilder builder) => new FlattenSpec().Build(builder);
    }
}
