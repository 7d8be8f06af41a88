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
}
