using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Diagnostics.Lines;

/// <summary>A log that also keeps its newest lines as people are shown them, for who asks from elsewhere. From any thread.</summary>
internal sealed class LogRing : ILogger, IDisposable
{
    /// <summary>So many are kept.</summary>
    public const int Lines = 2000;

    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly LogMasses _masses;

    /// <param name="log">Where lines go.</param>
    /// <param name="time">The clock of their times.</param>
    public LogRing(ILogger log, TimeProvider time)
    {
        (_log, _time) = (log, time);
        _masses = new LogMasses(time, (level, _, message, _) => Keep(level, message));
    }

    /// <summary>What it keeps.</summary>
    public LineRing Kept { get; } = new(Lines);

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => _log.BeginScope(state);

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information || _log.IsEnabled(logLevel);

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= LogLevel.Information)
        {
            var message = formatter(state, exception);
            if (!_masses.Take(logLevel, eventId.Id, message, state))
            {
                Keep(logLevel, message);
            }
        }

        _log.Log(logLevel, eventId, state, exception, formatter);
    }

    /// <inheritdoc/>
    public void Dispose() => _masses.Dispose();

    private void Keep(LogLevel level, string message) =>
        Kept.Keep(LogLine.ForPeople(_time.GetLocalNow(), level, message, isGood: false).Text);
}
