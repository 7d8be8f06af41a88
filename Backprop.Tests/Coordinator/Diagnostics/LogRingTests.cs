using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Tests.TestUtilities;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Backprop.Tests.Coordinator.Diagnostics;

/// <summary>Who asks a node for its log is shown what people are shown: a fast run does not wash away what matters.</summary>
public sealed class LogRingTests
{
    [Fact]
    public void OfLinesInMassesOneASecondIsKept()
    {
        var time = new ManualClock();
        using var ring = new LogRing(NullLogger.Instance, time);
        ring.NodeGone("two");

        for (var i = 1; i <= 10_000; i++)
        {
            ring.Log(LogLevel.Information, new EventId(LogEvents.InMasses[0]), i, null, (number, _) => $"epoch {number}");
        }

        ring.Kept.Newest(100).Lines.Select(Sentence).ShouldBe(["node two is gone", "epoch 1"]);
        time.Advance(1);
        ring.Kept.Newest(100).Lines.Select(Sentence).ShouldBe(["node two is gone", "epoch 1", "epoch 10000"]);
    }

    [Fact]
    public void WhoFollowsIsGivenWhatCameSince()
    {
        using var ring = new LogRing(NullLogger.Instance, new ManualClock());
        ring.NodeGone("one");
        var (next, _) = ring.Kept.Newest(1);
        ring.NodeGone("two");
        ring.NodeGone("three");

        var (last, lines) = ring.Kept.From(next);

        lines.Select(Sentence).ShouldBe(["node two is gone", "node three is gone"]);
        ring.Kept.From(last).Lines.ShouldBeEmpty();
    }

    /// <summary>A line without its time and level.</summary>
    private static string Sentence(string line) => line.Split("  ", 3)[^1];
}
