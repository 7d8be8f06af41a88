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

    [Fact]
    public void Boundary_OfNearlyEqualSpeeds_KeepsToTheTree()
    {
        // Noise of a hundredth would otherwise cut 1,024 shards at 517: three spans instead of one for each of two workers.
        SpanPlan.Boundary(cumulative: 1010, total: 2000, units: 1024, workers: 2).ShouldBe(512);
    }

    [Fact]
    public void Boundaries_NeverGoBack_AndEndWithTheLastShard()
    {
        for (var units = 1; units <= 64; units++)
        {
            for (var workers = 1; workers <= 9; workers++)
            {
                var total = workers * (workers + 1) / 2.0;
                var cumulative = 0.0;
                var before = 0;
                for (var worker = 1; worker <= workers; worker++)
                {
                    cumulative += worker;
                    var boundary = SpanPlan.Boundary(cumulative, total, units, workers);
                    boundary.ShouldBeGreaterThanOrEqualTo(before);
                    Math.Abs(boundary - (units * cumulative / total)).ShouldBeLessThanOrEqualTo(Math.Max(0.5, units / 16.0 / workers));
                    before = boundary;
                }

                before.ShouldBe(units);
            }
        }
    }
}
