using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Diagnostics.Lines;

/// <summary>A log that also keeps its newest lines, for who asks from elsewhere. From any thread.</summary>
/// <param name="log">Where lines go.</param>
/// <param name="time">The clock of their times.</param>
internal sealed class LogRing(ILogger log, TimeProvider time) : ILogger
{
    /// <summary>So many are kept.</summary>
    public const int Lines = 2000;

    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new(Lines);
    private long _next;

    /// <summary>The newest lines, and the number of the line that comes next.</summary>
    public (long Next, IReadOnlyList<string> Lines) Newest(int count)
    {
        lock (_gate)
        {
            return (_next, [.. _lines.TakeLast(count)]);
        }
    }

    /// <summary>The lines from a number on, as far as they are kept.</summary>
    public (long Next, IReadOnlyList<string> Lines) After(long number)
    {
        lock (_gate)
        {
            return (_next, [.. _lines.TakeLast((int)Math.Min(_lines.Count, _next - number))]);
        }
    }

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => log.BeginScope(state);

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => log.IsEnabled(logLevel);

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= LogLevel.Information)
        {
            Keep(LogLine.ForPeople(time.GetLocalNow(), logLevel, formatter(state, exception), isGood: false).Text);
        }

        log.Log(logLevel, eventId, state, exception, formatter);
    }

    private void Keep(string line)
    {
        lock (_gate)
        {
            if (_lines.Count == Lines)
            {
                _lines.Dequeue();
            }

            _lines.Enqueue(line);
            _next++;
        }
    }
}
