using Backprop.Coordinator.Embedded;
using Backprop.Coordinator.Progress;
using Backprop.Tests.Coordinator.Diagnostics;

namespace Backprop.Tests.Coordinator.Progress;

public sealed class ConsoleDisplayTests : IDisposable
{
    private static readonly Dictionary<string, double> Results = new() { ["loss"] = 0.25, ["accuracy"] = 0.9462 };
    private readonly ManualClock _clock = new();
    private readonly StringWriter _text = new();

    [Fact]
    public void ASmallRun_DoesNotFloodTheTerminal_AndItsLastLinesAreThere()
    {
        using (var display = Display(live: false))
        {
            for (var step = 1; step <= 100; step++)
            {
                display.Evaluated(step, step, Results, best: step == 1);
                display.Durable(step, "f");
                _clock.Advance(0.015);
            }

            display.NotDurable(101, "The disk is full.");
        }

        Lines().ShouldBe(
        [
            "evaluated after step 1, epoch 1/9:  loss 0.25  accuracy 94.62 %  (best)",
            "checkpoint 1 durable: f",
            "evaluated after step 67, epoch 67/9:  loss 0.25  accuracy 94.62 %",
            "checkpoint 67 durable: f",
            "checkpoint 100 durable: f",
            "The checkpoint of step 101 failed: The disk is full.",
            "evaluated after step 100, epoch 100/9:  loss 0.25  accuracy 94.62 %",
        ]);
    }

    [Fact]
    public void OnATerminal_ALineChangesInPlace_AndTheBestIsGreen()
    {
        using var display = Display(live: true);
        _clock.Advance(0.1);
        display.Step(new StepReport(4, 2, 4, 0.5, 0.003, 1, 0, 0, 0, 10), 100);
        display.Evaluated(4, 2, Results, best: true);

        var parts = _text.ToString().Split('\r');
        parts[1].ShouldBe("epoch 2/9  step 4/90  loss 0.5000  100 samples/s  ETA 00:00:08  workers 2");
        parts[2].TrimEnd().ShouldStartWith("\u001b[32mevaluated after step 4");
        parts[2].TrimEnd().ShouldEndWith("\u001b[0m");
        parts[2].TrimEnd().Length.ShouldBeGreaterThan(parts[1].Length);
    }

    public void Dispose() => _text.Dispose();

    private ConsoleDisplay Display(bool live) => new(_text, live, colour: live, new ProgressTotals(9, 90, 10, 2), _clock);

    private string[] Lines() => _text.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
}
