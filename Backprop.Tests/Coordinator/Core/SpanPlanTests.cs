using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;

namespace Backprop.Tests.Coordinator.Core;

/// <summary>How ranges of shards become spans.</summary>
public sealed class SpanPlanTests
{
    [Theory]
    [InlineData("00000000", "0:0+8")]
    [InlineData("00001111", "0:0+4 1:4+4")]
    [InlineData("00011122", "0:0+2 0:2+1 1:3+1 1:4+2 2:6+2")]
    [InlineData(".0......", "0:0+8")]
    [InlineData(".0.1....", "0:0+2 1:2+2")]
    [InlineData("xx00xxxx", "0:2+2")]
    [InlineData("x0000000", "0:1+1 0:2+2 0:4+4")]
    [InlineData("x.x.....", "")]
    [InlineData("........", "")]
    public void Cut_GivesTheLargestSpansOfOneOwner(string owners, string expected)
    {
        var plan = new PlannedSpan[8];
        var count = 0;
        var numbers = owners.Select(c => c == '.' ? SpanPlan.Anybody : c == 'x' ? SpanPlan.Nobody : c - '0').ToArray();

        SpanPlan.Cut(numbers, new ShardSpan(0, 8), plan, ref count);

        string.Join(' ', plan.Take(count).Select(p => $"{p.Owner}:{p.Span.First}+{p.Span.Count}")).ShouldBe(expected);
    }
}
