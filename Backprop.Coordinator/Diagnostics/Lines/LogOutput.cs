using Backprop.Coordinator.Progress;
using Backprop.Shared.Primitives;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Diagnostics.Lines;

/// <summary>
/// Where a log's lines go. A thread of its own writes them: a terminal that is held, or a pipe that nobody reads, stops no training.
/// Whatever does not fit meanwhile is counted, and said so; warnings go first. People are shown little of what comes in masses
/// (<see cref="LogMasses"/>); machines, and who asks for all, are given every line.
/// </summary>
internal sealed class LogOutput : ILoggerProvider
{
    private const int LinesMaximum = 4096;

    /// <summary>What warns has as much room again: a flood of checkpoints does not wash it away.</summary>
    private const int WarningsMaximum = 2 * LinesMaximum;

    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LiveEvery = TimeSpan.FromMilliseconds(100);
    private readonly object _gate = new();
    private readonly ManualResetEventSlim _written = new();
    private readonly LogTerminal _terminal;
    private readonly LogFormat _format;
    private readonly TimeProvider _time;
    private readonly LoggerFactory _factory;
    private readonly LogMasses? _masses;
    private List<LogLine> _waiting = [];
    private int _lost;
    private bool _closed;
    private volatile ILiveLine? _live;

    /// <param name="terminal">What is written to.</param>
    /// <param name="time">The clock of the lines' times.</param>
    public LogOutput(LogTerminal terminal, LogFormat format, LogDetail detail, TimeProvider time)
    {
        (_terminal, _format, _time) = (terminal, format, time);
        _masses = format == LogFormat.Text && detail != LogDetail.Verbose
            ? new LogMasses(time, (level, id, message, isBest) => Enqueue(level, Format(level, id, message, null, null, isBest)))
            : null;

        var least = detail switch
        {
            LogDetail.Quiet => LogLevel.Warning,
            LogDetail.Normal => LogLevel.Information,
            LogDetail.Verbose => LogLevel.Debug,
        };
        var filter = new LoggerFilterOptions { MinLevel = least };
        filter.Rules.Add(new LoggerFilterRule(null, "Microsoft", LogLevel.Warning, null));
        _factory = new LoggerFactory([this], filter);
        Logger = _factory.CreateLogger("backprop");
        new Thread(Write) { IsBackground = true, Name = "backprop log" }.Start();
    }

    /// <summary>The program's own lines.</summary>
    public ILogger Logger { get; }

    /// <summary>For others that log here; of the libraries' lines only warnings and worse come through.</summary>
    public ILoggerFactory Factory => _factory;

    /// <summary>What changes in place below the lines, where that is possible; null: nothing.</summary>
    public ILiveLine? Live
    {
        get => _live;
        set => _live = value;
    }

    /// <summary>A log on standard error.</summary>
    public static LogOutput ToStandardError(LogFormat format, LogDetail detail, TimeProvider time) =>
        new(LogTerminal.OfStandardError(), format, detail, time);

    /// <inheritdoc/>
    ILogger ILoggerProvider.CreateLogger(string categoryName) => new LineLogger(this);

    /// <summary>Waits, for a moment, until everything is written. What is logged later is not.</summary>
    public void Dispose()
    {
        _masses?.Dispose();
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            Monitor.Pulse(_gate);
        }

        using var limit = new CancellationTokenSource(FlushLimit, _time);
        try
        {
            _written.Wait(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // The terminal is held; the lines are lost, the program ends.
        }

        _factory.Dispose();
    }

    private bool IsLive => _format == LogFormat.Text && _terminal.IsLive;

    private LogLine Format(LogLevel level, EventId id, string message, object? values, Exception? exception, bool isBest) => _format switch
    {
        LogFormat.Json => LogLine.Of(JsonLine.Format(_time.GetUtcNow(), level, id, message, values, exception)),
        LogFormat.Text => LogLine.ForPeople(
            _time.GetLocalNow(), level, exception is null ? message : $"{message}: {exception.Message}", isBest),
    };

    private void Log(LogLevel level, EventId id, string message, object? values, Exception? exception)
    {
        if (_masses?.Take(level, id.Id, message, values) is not true)
        {
            Enqueue(level, Format(level, id, message, values, exception, LogMasses.IsBest(values)));
        }
    }

    private void Enqueue(LogLevel level, LogLine line)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            if (_waiting.Count >= (level >= LogLevel.Warning ? WarningsMaximum : LinesMaximum))
            {
                _lost++;
                return;
            }

            _waiting.Add(line);
            Monitor.Pulse(_gate);
        }
    }

    private void Write()
    {
        var lines = new List<LogLine>();
        bool isOver;
        do
        {
            int lost;
            lock (_gate)
            {
                if (_waiting.Count == 0 && !_closed)
                {
                    Monitor.Wait(_gate, IsLive ? LiveEvery : Timeout.InfiniteTimeSpan);
                }

                isOver = _closed;
                (lines, _waiting, lost, _lost) = (_waiting, lines, _lost, 0);
            }

            if (lost > 0)
            {
                var sentence = $"lost {new Quantity(lost, "line")} of this log: it is read too slowly";
                KeyValuePair<string, object?>[] values = [new("Lines", lost)];
                lines.Add(Format(LogLevel.Warning, LostId, sentence, values, null, false));
            }

            try
            {
                _terminal.Write(lines, isOver || !IsLive ? null : _live);
            }
            catch (IOException)
            {
                // Nobody reads any more. The training is worth more than its log.
            }

            lines.Clear();
        }
        while (!isOver);
        _written.Set();
    }

    private static EventId LostId => new(1090, "LinesLost");

    private sealed class LineLogger(LogOutput output) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            output.Log(logLevel, eventId, formatter(state, exception), state, exception);
    }
}
