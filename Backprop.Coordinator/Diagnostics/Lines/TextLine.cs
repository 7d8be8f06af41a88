using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Diagnostics.Lines;

/// <summary>A line of the log for people: <c>HH:mm:ss  info  sentence</c>.</summary>
internal static class TextLine
{
    /// <param name="time">The local time.</param>
    /// <param name="colour">Warnings yellow, failures red.</param>
    public static string Format(DateTimeOffset time, LogLevel level, string message, bool colour)
    {
        var (word, code) = level switch
        {
            LogLevel.Warning => ("warn", "33"),
            LogLevel.Error or LogLevel.Critical => ("fail", "31"),
            LogLevel.Trace or LogLevel.Debug => ("more", null),
            LogLevel.Information or LogLevel.None => ("info", null),
        };
        var line = new StringBuilder(message.Length + 32);
        line.Append(CultureInfo.InvariantCulture, $"{time:HH:mm:ss}  ");
        line.Append(colour && code is not null ? $"\u001b[{code}m{word}\u001b[0m" : word);
        return line.Append("  ").Append(PlainText.Of(message)).AppendLine().ToString();
    }
}
