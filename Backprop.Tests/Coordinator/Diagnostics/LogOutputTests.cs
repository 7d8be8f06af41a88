using System.Text;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Tests.TestUtilities;
using Microsoft.Extensions.Logging;

namespace Backprop.Tests.Coordinator.Diagnostics;

public sealed class LogOutputTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void Everything_is_written_in_order_before_it_is_closed()
    {
        var text = new StringWriter();
        using (var output = new LogOutput(Terminals.File(text), LogFormat.Text, LogDetail.Normal, _clock))
        {
            for (var i = 0; i < 1000; i++)
            {
                output.Logger.Said($"line {i}");
            }
        }

        var lines = text.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        lines.ShouldBe(Enumerable.Range(0, 1000).Select(i => $"12:00:00  info  line {i}"));
    }

    [Fact]
    public void A_reader_that_holds_the_log_stops_nobody_and_is_told_what_it_missed()
    {
        using var held = new HeldWriter();
        using (var output = new LogOutput(Terminals.File(held), LogFormat.Text, LogDetail.Normal, _clock))
        {
            output.Logger.Said("first");
            held.Began.Wait(TestContext.Current.CancellationToken);
            for (var i = 0; i < 5000; i++)
            {
                output.Logger.Said("more");
            }

            held.GoOn.Set();
        }

        var lines = held.Text.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(1 + 4096 + 1);
        lines[^1].ShouldBe("12:00:00  warn  lost 904 lines of this log: it is read too slowly");
    }

    [Fact]
    public void What_warns_is_not_lost_in_a_flood()
    {
        using var held = new HeldWriter();
        using (var output = new LogOutput(Terminals.File(held), LogFormat.Text, LogDetail.Normal, _clock))
        {
            output.Logger.Said("first");
            held.Began.Wait(TestContext.Current.CancellationToken);
            for (var i = 0; i < 5000; i++)
            {
                output.Logger.Said("more");
            }

            output.Logger.CheckpointFailed(7, "The disk is full.");
            held.GoOn.Set();
        }

        var lines = held.Text.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(1 + 4096 + 1 + 1);
        lines[^2].ShouldBe("12:00:00  warn  checkpoint 7 failed: The disk is full.");
    }

    [Fact]
    public void A_terminal_that_is_held_lets_the_program_end()
    {
        using var held = new HeldWriter();
        var output = new LogOutput(Terminals.File(held), LogFormat.Text, LogDetail.Normal, _clock);
        output.Logger.Said("first");
        held.Began.Wait(TestContext.Current.CancellationToken);

        var end = Task.Run(output.Dispose, TestContext.Current.CancellationToken);
        while (!end.IsCompleted)
        {
            _clock.Advance(1);
        }

        held.Text.ToString().ShouldBeEmpty();
        held.GoOn.Set();
    }

    [Fact]
    public void A_log_that_nobody_reads_any_more_hurts_nobody()
    {
        using var output = new LogOutput(Terminals.File(new BrokenWriter()), LogFormat.Json, LogDetail.Normal, _clock);

        output.Logger.Said("to nobody");
        output.Dispose();
        output.Logger.Said("too late");
    }

    [Fact]
    public void Of_libraries_only_warnings_come_through()
    {
        var text = new StringWriter();
        using (var output = new LogOutput(Terminals.File(text), LogFormat.Text, LogDetail.Normal, _clock))
        {
#pragma warning disable CA1848, CA1873, CA2254 // As libraries do it.
            var library = output.Factory.CreateLogger("Microsoft.AspNetCore.Server.Kestrel");
            library.LogInformation("chatter");
            library.LogError(new InvalidOperationException("why"), "it broke");
#pragma warning restore CA1848, CA1873, CA2254
        }

        text.ToString().ShouldBe($"12:00:00  fail  it broke: why{Environment.NewLine}");
    }

    private sealed class HeldWriter : TextWriter
    {
        public StringBuilder Text { get; } = new();

        public ManualResetEventSlim Began { get; } = new();

        public ManualResetEventSlim GoOn { get; } = new();

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => Write(value.ToString());

        public override void Write(string? value)
        {
            Began.Set();
            GoOn.Wait();
            Text.Append(value);
        }
    }

    private sealed class BrokenWriter : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => throw new IOException("Broken pipe");

        public override void Write(string? value) => throw new IOException("Broken pipe");
    }
}
