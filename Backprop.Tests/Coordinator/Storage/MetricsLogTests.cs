using Backprop.Coordinator.Storage;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Storage;

public sealed class MetricsLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_evaluation_is_a_line_and_is_there_at_once()
    {
        using var log = new MetricsLog(_folder["metrics.jsonl"], new ManualClock());

        log.Append(new MetricsLine(23, 1, 0.5, [new("accuracy", 0.9), new("top-5", double.PositiveInfinity)], IsBest: true));
        log.Append(new MetricsLine(46, 2, double.NaN, [], IsBest: false));

        File.ReadAllText(_folder["metrics.jsonl"]).ShouldBe(
            """
            {"step":23,"epoch":1,"loss":0.5,"accuracy":0.9,"top-5":null,"best":true}
            {"step":46,"epoch":2,"loss":null,"best":false}

            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void It_is_cut_back_like_the_ledger()
    {
        using (var log = new MetricsLog(_folder["metrics.jsonl"], new ManualClock()))
        {
            log.Append(new MetricsLine(23, 1, 0.5, [], IsBest: true));
            log.Append(new MetricsLine(46, 2, 0.25, [], IsBest: true));
        }

        JsonLinesCut.After(_folder["metrics.jsonl"], 45).LastStep.ShouldBe(23);
        File.ReadLines(_folder["metrics.jsonl"]).Count().ShouldBe(1);
    }
}
