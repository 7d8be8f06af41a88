using System.Text.Json;
using Backprop.Coordinator.Diagnostics.Lines;
using Microsoft.Extensions.Logging;

namespace Backprop.Tests.Coordinator.Diagnostics;

public sealed class LogLineTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 22, 13, 4, 5, 67, TimeSpan.FromHours(1));

    [Theory]
    [InlineData(LogLevel.Debug, "13:04:05  more  joined")]
    [InlineData(LogLevel.Information, "13:04:05  info  joined")]
    [InlineData(LogLevel.Warning, "13:04:05  warn  joined")]
    [InlineData(LogLevel.Error, "13:04:05  fail  joined")]
    public void For_people_time_level_and_sentence(LogLevel level, string line) =>
        LogLine.ForPeople(Time, level, "joined", isGood: false).Text.ShouldBe(line);

    [Theory]
    [InlineData(LogLevel.Information, false, "\u001b[2m13:04:05  \u001b[0minfo  joined\n")]
    [InlineData(LogLevel.Information, true, "\u001b[2m13:04:05  \u001b[0minfo  \u001b[32mjoined\u001b[0m\n")]
    [InlineData(LogLevel.Warning, false, "\u001b[2m13:04:05  \u001b[0m\u001b[93mwarn\u001b[0m  joined\n")]
    [InlineData(LogLevel.Error, false, "\u001b[2m13:04:05  \u001b[0m\u001b[91mfail\u001b[0m  joined\n")]
    public void Colours_are_for_terminals(LogLevel level, bool isGood, string line)
    {
        var text = new StringWriter();

        Terminals.Screen(text, 80).Write([LogLine.ForPeople(Time, level, "joined", isGood)], live: null);

        text.ToString().ShouldBe(line.ReplaceLineEndings());
    }

    [Theory]
    [InlineData("plain, with ümlauts and 日本", "plain, with ümlauts and 日本")]
    [InlineData("two\nlines\tand \u001b[31mred", "two lines and ?[31mred")]
    [InlineData("right\u202Eto left\u2028and \u0085", "right?to left and  ")]
    public void What_a_terminal_would_obey_is_taken_out(string text, string plain) => PlainText.Of(text).ShouldBe(plain);

    [Fact]
    public void For_machines_everything_by_name()
    {
        KeyValuePair<string, object?>[] values =
        [
            new("Worker", 3),
            new("Name", "a\n\"b\""),
            new("Slots", new Counted(2, "slot")),
            new("Loss", double.NaN),
            new("Rate", 0.003),
            new("EtaSeconds", new Duration(61.26)),
            new("Evaluation", EvaluationFigures.Of(new Dictionary<string, double> { ["accuracy"] = 0.5 })),
            new("Best", true),
            new("WaitsFor", null),
            new("{OriginalFormat}", "..."),
        ];

        JsonLine.Format(Time, LogLevel.Warning, new EventId(2001, "Joined"), "joined ü", values, null).ShouldBe(
            """{"time":"2026-11-22T12:04:05.067Z","level":"warning","id":2001,"event":"Joined","message":"joined ü","worker":3,"""
            + """
            "name":"a\n\"b\"","slots":2,"loss":null,"rate":0.003,"etaSeconds":61.3,
            """
            + """
            "evaluation":{"accuracy":0.5},"best":true,"waitsFor":null}
            """);
    }

    [Fact]
    public void An_exception_is_a_field_of_its_own()
    {
        var line = JsonLine.Format(Time, LogLevel.Error, default, "it broke", "no values", new InvalidOperationException("why"));

        JsonDocument.Parse(line).RootElement.GetProperty("exception").GetString()!.ShouldContain("why");
    }

    [Theory]
    [InlineData(0, "0 workers")]
    [InlineData(1, "1 worker")]
    [InlineData(17226, "17,226 workers")]
    public void Numbers_have_their_noun(int number, string text) => new Counted(number, "worker").ToString().ShouldBe(text);

    [Theory]
    [InlineData(0, "00:00:00")]
    [InlineData(3661.9, "01:01:01")]
    [InlineData(273_906, "3d 04:05:06")]
    [InlineData(double.NaN, "unknown")]
    [InlineData(double.PositiveInfinity, "36135d 00:00:00")]
    public void Durations_of_any_length(double seconds, string text) => new Duration(seconds).ToString().ShouldBe(text);
}
