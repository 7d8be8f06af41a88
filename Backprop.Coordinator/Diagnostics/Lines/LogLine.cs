using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Diagnostics.Lines;

/// <summary>A line of the log, in parts that may look different.</summary>
internal sealed record LogLine(IReadOnlyList<(string Text, Look Look)> Parts)
{
    /// <summary>The whole line.</summary>
    public string Text => string.Concat(Parts.Select(part => part.Text));

    /// <summary>A line that looks plain.</summary>
    public static LogLine Of(string text) => new([(text, Look.Plain)]);

    /// <summary>A line for people: <c>HH:mm:ss  info  sentence</c>; warnings yellow, failures red, what is good green.</summary>
    /// <param name="time">The local time.</param>
    public static LogLine ForPeople(DateTimeOffset time, LogLevel level, string message, bool isGood)
    {
        var (word, look) = level switch
        {
            LogLevel.Warning => ("warn", Look.Warning),
            LogLevel.Error or LogLevel.Critical => ("fail", Look.Failure),
            LogLevel.Trace or LogLevel.Debug => ("more", Look.Dim),
            LogLevel.Information or LogLevel.None => ("info", Look.Plain),
        };
        return new([
            (string.Create(CultureInfo.InvariantCulture, $"{time:HH:mm:ss}  "), Look.Dim),
            (word, look),
            ("  ", Look.Plain),
            (PlainText.Of(message), isGood ? Look.Good : Look.Plain),
        ]);
    }
}

/// <summary>How a part of a line looks where there are colours.</summary>
internal enum Look
{
    /// <summary>As everything does.</summary>
    Plain,

    /// <summary>Less than that.</summary>
    Dim,

    /// <summary>Green.</summary>
    Good,

    /// <summary>Yellow.</summary>
    Warning,

    /// <summary>Red.</summary>
    Failure,
}
