using Backprop.Coordinator.Progress;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Diagnostics.Lines;

/// <summary>Says a log's sentences on a display, between the lines of its own: for a training that starts its own workers.</summary>
internal sealed class DisplayLogger(IProgressDisplay display) : ILogger
{
    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Information and not LogLevel.None;

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        display.Said(PlainText.Of(formatter(state, exception)));
}
