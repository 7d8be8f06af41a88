using Backprop.Shared.Initializers;
using Backprop.Shared.Layers;
using Backprop.Shared.Metrics;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Backprop.Shared.Runs.Yaml;

namespace Backprop.Tests.Shared.Runs.Yaml;

public class NearestTests
{
    [Theory]
    [InlineData("optimiser", "optimizer", 1)]
    [InlineData("sceduel", "schedule", 2)]
    [InlineData("", "abc", 3)]
    [InlineData("abc", "abc", 0)]
    [InlineData("ab", "ba", 1)]
    public void The_distance_counts_letters_put_in_left_out_changed_and_swapped(string a, string b, int distance) =>
        Nearest.Distance(a, b).ShouldBe(distance);

    [Theory]
    [InlineData("optimiser", "optimizer")]
    [InlineData("weight_decay", "weightDecay")]
    [InlineData("Weight-Decay", "weightDecay")]
    [InlineData("xyz", null)]
    [InlineData("", null)]
    public void Only_a_word_that_is_near_is_proposed(string word, string? expected) =>
        Nearest.Find(word, ["optimizer", "weightDecay", "rate", "batch"]).ShouldBe(expected);

    [Theory]
    [InlineData("lr", "it is called 'rate' here")]
    [InlineData("learning_rate", "it is called 'rate' here")]
    [InlineData("weight_decay", "did you mean 'weightDecay'?")]
    [InlineData("batch_size", "it is called 'batch' here")]
    [InlineData("gelu", "known are optimizer, weightDecay, rate and batch")]
    [InlineData("y", "known are optimizer, weightDecay, rate and batch")]
    public void A_word_of_others_is_said_in_ours(string word, string advice) =>
        Nearest.Advice(word, ["optimizer", "weightDecay", "rate", "batch"]).ShouldBe(advice);

    [Fact]
    public void Every_word_of_ours_is_known()
    {
        string[] theirs =
        [
            "lr", "eps", "bs", "n_epochs", "random_state", "criterion", "save_steps", "units", "gamma", "dense", "mae", "glorot", "acc",
        ];

        foreach (var word in theirs.SelectMany(Vocabulary.Of))
        {
            var isKind = Catalog<LayerSpec>.Find(word) is not null || Catalog<MetricSpec>.Find(word) is not null
                || Catalog<InitializerSpec>.Find(word) is not null;
            (isKind || KeyPlaces.Of(typeof(RunFile), word).Count > 0).ShouldBeTrue(word);
        }
    }
}
