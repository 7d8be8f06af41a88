using Backprop.Shared.Gradients;

namespace Backprop.Tests.Shared.Gradients;

/// <summary>The shards under a node.</summary>
public sealed class ShardSpanTests
{
    [Fact]
    public void ASpanIsWrittenWithoutItsChildren()
    {
        // A record writes all its properties by itself: the children's children without end, until the stack is gone.
        new ShardSpan(4, 4).ToString().ShouldBe("4+4");
    }

    [Fact]
    public void AMalformedSpanIsRefusedWithWords()
    {
        var error = Should.Throw<ArgumentException>(() =>
            ReductionTree.Program([new ShardSpan(0, 2), new ShardSpan(1, 1)], new ShardSpan(0, 4), new int[2]));

        error.Message.ShouldContain("1+1");
    }
}
