using Backprop.Shared.Gradients;
using Backprop.Shared.Layers;
using Backprop.Shared.Models;
using Backprop.Shared.Tensors;

namespace Backprop.Tests.Shared.Gradients;

public sealed class PartitionMapTests
{
    [Theory]
    [InlineData(5, 3, PartitionMap.UsualElements)]
    [InlineData(700, 600, PartitionMap.UsualElements)]
    [InlineData(1024, 1100, PartitionMap.UsualElements)]
    [InlineData(300, 70, 1)]
    [InlineData(300, 70, 5000)]
    public void TheRangesAreTheWholeVectorAndNeverCutABlock(int inputs, int hidden, int usual)
    {
        var layout = LayoutOf(inputs, hidden);
        var map = new PartitionMap(layout, usual);
        var blocks = new CommitBlocks(layout);
        var begins = Enumerable.Range(0, blocks.Count).Select(i => blocks[i].Start).ToHashSet();
        var next = 0;
        for (var i = 0; i < map.Count; i++)
        {
            var (start, length) = map[i];
            start.ShouldBe(next);
            begins.ShouldContain(start);
            length.ShouldBeInRange(1, usual + Partition.BlockElements);
            map.LongestElements.ShouldBeGreaterThanOrEqualTo(length);
            map.IndexOf(start).ShouldBe(i);
            map.IndexOf(start + length - 1).ShouldBe(i);
            next = start + length;
        }

        next.ShouldBe(layout.Length);
        map.Length.ShouldBe(layout.Length);
        Should.Throw<ArgumentOutOfRangeException>(() => map.IndexOf(layout.Length));
        Should.Throw<ArgumentOutOfRangeException>(() => map.IndexOf(-1));
    }

    [Fact]
    public void AModelWithoutParametersHasOneEmptyRange_SoThatItsWeightsCanArriveToo()
    {
        var map = new PartitionMap(Model.Build([new ReluSpec()], new Shape(4)).Layout);

        map.Count.ShouldBe(1);
        map[0].ShouldBe((0, 0));
    }

    [Fact]
    public void ALargeModelHasRangesOfAboutAMegabyte()
    {
        var map = new PartitionMap(LayoutOf(1024, 4096));

        map.Count.ShouldBe(17);
        Enumerable.Range(0, map.Count).ShouldAllBe(i => map[i].Length > 240_000);
    }

    private static ParameterLayout LayoutOf(int inputs, int hidden)
    {
        LayerSpec[] layers = [new LinearSpec { Out = hidden }, new ReluSpec(), new LinearSpec { Out = 10 }];
        return Model.Build(layers, new Shape(inputs)).Layout;
    }
}
