using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Coordinator.Training;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Diagnostics;

/// <summary>The line that changes in place is never wider than the terminal: else each change would leave a line behind.</summary>
public sealed class LiveLineTests
{
    private static readonly Rules Rules = new() { Steps = 600_000_000, Samples = 60_000, Batch = 128, Shards = 8 };
    private readonly ManualClock _clock = new();

    [Fact]
    public void What_matters_least_goes_first() => LiveLine.Fit(12, (2, "step"), (1, "loss"), (3, "speed")).ShouldBe("step  loss");

    [Fact]
    public void The_last_figure_is_cut() => LiveLine.Fit(3, (1, "step 12")).ShouldBe("ste");

    [Theory]
    [InlineData(20)]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(200)]
    public void It_fits_whatever_a_run_has_to_say(int width)
    {
        var text = new StringWriter();
        var terminal = Terminals.Screen(text, width);
        var progress = new RunProgress(Rules, _clock);
        var line = new ProgressLine(Rules, progress);
        progress.Attended(64, 0);
        for (var step = 599_999_990; step <= 599_999_999; step++)
        {
            _clock.Advance(12_345);
            progress.Committed(Step(step));
            progress.Evaluated(new(step, 1, new Dictionary<string, double> { ["loss"] = 1, ["accuracy"] = 0.12345 }), best: false);
        }

        terminal.Write([], line);
        terminal.Write([LogLine.Of("a line")], line);
        terminal.Write([], live: null);

        var parts = text.ToString().Split(["\r\u001b[2K", "\n"], StringSplitOptions.RemoveEmptyEntries);
        parts.Length.ShouldBe(3);
        (parts[0].Length, parts[1]).ShouldBe((Math.Min(width - 1, parts[0].Length), "a line"));
        parts[0].ShouldStartWith(width > 120 ? "epoch 1279318/1279318" : "step 5999");
        text.ToString().ShouldEndWith("\r\u001b[2K", customMessage: "nothing is left of it");
    }

    [Fact]
    public void A_run_that_pauses_says_so()
    {
        var progress = new RunProgress(Rules, _clock);
        progress.Attended(0, needed: 1, isPaused: true);

        new ProgressLine(Rules, progress).Text(80).ShouldBe("paused  step 0/600000000");
    }

    [Fact]
    public void A_file_has_none()
    {
        var text = new StringWriter();

        Terminals.File(text).Write([LogLine.Of("a line")], new Always());

        text.ToString().ShouldBe("a line\n".ReplaceLineEndings());
    }

    private static StepReport Step(int step) => new(step, 1279318, 128, 1234.5, 0.003, 1, 0, 0, 0, 10);

    private sealed class Always : ILiveLine
    {
        public string Text(int width) => "changes";
    }
}
