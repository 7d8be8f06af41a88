using Backprop.Shared.Gradients;

namespace Backprop.Tests.Shared.Gradients;

public sealed class EvaluationFoldTests
{
    [Fact]
    public void MeansAreTheBlocksAddedByABalancedTree_EachSumForItself()
    {
        var fold = new EvaluationFold((64 * 4) + 7, metrics: 1);
        fold.Blocks.ShouldBe(5);
        fold.Width.ShouldBe(2);
        double[] losses = [1e16, 1, -1e16, 1, 3];
        for (var block = 4; block >= 0; block--)
        {
            fold.Sums(block, 1)[0] = losses[block];
            fold.Sums(block, 1)[1] = block;
        }

        var means = fold.Means();

        means.ShouldBe([(((1e16 + 1) + (-1e16 + 1)) + 3) / 263, 10 / 263.0]);
        fold.Sums(0, 5).ToArray()[8].ShouldBe(3, "the sums stay as they were");
    }
}
