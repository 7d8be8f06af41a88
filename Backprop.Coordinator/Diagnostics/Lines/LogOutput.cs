using System.Text;
using Backprop.Coordinator.Progress;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Diagnostics.Lines;

/// <summary>
/// Where a log's lines go. A thread of its own writes them: a terminal that is held, or a pipe that nobody reads, stops no training.
/// Whatever does not fit meanwhile is counted, and said so. People are shown one epoch, one evaluation and one checkpoint a second, the
/// newest; machines are given every line.
/// </summary>
internal sealed class LogOutput : ILoggerProvider
{
    private const int LinesMaximum = 4096;
    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(2);
    private readonly object _gate = new();
    private readonly TextWriter _output;
    private readonly LogFormat _format;
    private readonly bool _colour;
    private readonly TimeProvider _time;
    private readonly Thread _writer;
    private readonly LoggerFactory _factory;
    private readonly Dictionary<int, Newest<(LogLevel Level, string Message)>> _inMasses = [];
    private List<string> _waiting = [];
    private int _lost;
    private bool _closed;

    /// <param name="output">What is written to; it stays the caller's.</param>
    /// <param name="colour">True on a terminal where colour is welcome.</param>
    /// <param name="time">The clock of the lines' times.</param>
    public LogOutput(TextWriter output, LogFormat format, bool colour, TimeProvider time)
    {
        (_output, _format, _colour, _time) = (output, format, colour, time);
        foreach (var id in format == LogFormat.Text ? LogEvents.InMasses : [])
        {
            _inMasses[id] = new(time, line => Enqueue(Format(line.Level, id, line.Message, null, null)));
        }

        var filter = new LoggerFilterOptions { MinLevel = LogLevel.Information };
        filter.Rules.Add(new LoggerFilterRule(null, "Microsoft", LogLevel.Warning, null));
        _factory = new LoggerFactory([this], filter);
        Logger = _factory.CreateLogger("backprop");
        _writer = new Thread(Write) { IsBackground = true, Name = "backprop log" };
        _writer.Start();
    }

    /// <summary>The coordinator's own lines.</summary>
    public ILogger Logger { get; }

    /// <summary>For others that log here; of the libraries' lines only warnings and worse come through.</summary>
    public ILoggerFactory Factory => _factory;

    /// <summary>A log on stderr; in colour where that is a terminal and NO_COLOR is not set.</summary>
    public static LogOutput ToStandardError(LogFormat format, TimeProvider time) => new(
        Console.Error,
        format,
        !Console.IsErrorRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")),
        time);

    /// <inheritdoc/>
    ILogger ILoggerProvider.CreateLogger(string categoryName) => new LineLogger(this);

    /// <summary>Waits, for a moment, until everything is written. What is logged later is not.</summary>
    public void Dispose()
    {
        foreach (var newest in _inMasses.Values)
        {
            newest.Dispose();
        }

        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            Monitor.Pulse(_gate);
        }

        _writer.Join(FlushLimit);
        _factory.Dispose();
    }

    private string Format(LogLevel level, EventId id, string message, object? values, Exception? exception) => _format switch
    {
        LogFormat.Json => JsonLine.Format(_time.GetUtcNow(), level, id, message, values, exception),
        LogFormat.Text => TextLine.Format(
            _time.GetLocalNow(), level, exception is null ? message : $"{message}: {exception.Message}", _colour),
    };

    private void Log(LogLevel level, EventId id, string message, object? values, Exception? exception)
    {
        if (_inMasses.TryGetValue(id.Id, out var newest))
        {
            newest.Offer((level, message));
            return;
        }

        if (LogEvents.NeedsOrder(id.Id))
        {
            foreach (var held in _inMasses.Values)
            {
                held.ShowHeld();
            }
        }

        Enqueue(Format(level, id, message, values, exception));
    }

    private void Enqueue(string line)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            if (_waiting.Count == LinesMaximum)
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
        var lines = new List<string>();
        var text = new StringBuilder();
        while (true)
        {
            int lost;
            lock (_gate)
            {
                while (_waiting.Count == 0 && !_closed)
                {
                    Monitor.Wait(_gate);
                }

                if (_waiting.Count == 0)
                {
                    return;
                }

                (lines, _waiting, lost, _lost) = (_waiting, lines, _lost, 0);
            }

            text.Clear().AppendJoin(null, lines);
            lines.Clear();
            if (lost > 0)
            {
                var sentence = $"{lost} lines of this log were lost: it is read too slowly";
                KeyValuePair<string, object?>[] values = [new("Lines", lost)];
                text.Append(Format(LogLevel.Warning, LostId, sentence, values, null));
            }

            try
            {
                _output.Write(text);
                _output.Flush();
            }
            catch (IOException)
            {
                // Nobody reads any more. The training is worth more than its log.
            }
        }
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
