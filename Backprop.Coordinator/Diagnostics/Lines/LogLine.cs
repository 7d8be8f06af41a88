using System.Globalization;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace Backprop.Coordinator.Diagnostics.Lines;

/// <summary>A line of the log, in parts that may look different.</summary>
internal sealed record LogLine(IReadOnlyList<(string Text, Style Style)> Parts)
{
    private static readonly Style Plain = Style.Plain;
    private static readonly Style Dim = new(decoration: Decoration.Dim);
    private static readonly Style Good = new(Color.Green);
    private static readonly Style Warning = new(Color.Yellow);
    private static readonly Style Failure = new(Color.Red);

    /// <summary>The whole line.</summary>
    public string Text => string.Concat(Parts.Select(part => part.Text));

    /// <summary>A line that looks plain.</summary>
    public static LogLine Of(string text) => new([(text, Plain)]);

    /// <summary>A line for people: <c>HH:mm:ss  info  sentence</c>; warnings yellow, failures red, what is good green.</summary>
    /// <param name="time">The local time.</param>
    public static LogLine ForPeople(DateTimeOffset time, LogLevel level, string message, bool isGood)
    {
        var (word, style) = level switch
        {
            LogLevel.Warning => ("warn", Warning),
            LogLevel.Error or LogLevel.Critical => ("fail", Failure),
            LogLevel.Trace or LogLevel.Debug => ("more", Dim),
            LogLevel.Information or LogLevel.None => ("info", Plain),
        };
        return new([
            (string.Create(CultureInfo.InvariantCulture, $"{time:HH:mm:ss}  "), Dim),
            (word, style),
            ("  ", Plain),
            (PlainText.Of(message), isGood ? Good : Plain),
        ]);
    }
}
