using Backprop.Coordinator.Progress;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Diagnostics.Lines;

/// <summary>
/// What people are shown of lines that come in masses: one epoch, one evaluation and one checkpoint a second, the newest and the best.
/// </summary>
internal sealed class LogMasses : IDisposable
{
    /// <summary>What a line has beside its sentence, where it tells of the best so far.</summary>
    private static readonly KeyValuePair<string, object?> Best = new("best", true);

    private readonly Dictionary<int, Newest<(LogLevel Level, string Message, bool IsBest)>> _held = [];

    /// <param name="time">The clock.</param>
    /// <param name="show">Given a line that is shown, on any thread: its level, id, sentence, whether it tells of the best so far.</param>
    public LogMasses(TimeProvider time, Action<LogLevel, int, string, bool> show)
    {
        foreach (var id in LogEvents.InMasses)
        {
            _held[id] = new(time, line => show(line.Level, id, line.Message, line.IsBest));
        }
    }

    /// <summary>Whether a line tells of the best so far.</summary>
    public static bool IsBest(object? values) => values is IEnumerable<KeyValuePair<string, object?>> pairs && pairs.Contains(Best);

    /// <summary>Takes a line that comes in masses. One that must not come before those that are held back brings them out.</summary>
    /// <returns>Whether it was taken; otherwise it is to be shown now.</returns>
    public bool Take(LogLevel level, int id, string message, object? values)
    {
        if (_held.TryGetValue(id, out var newest))
        {
            var isBest = IsBest(values);
            newest.Offer((level, message, isBest), keep: isBest);
            return true;
        }

        if (LogEvents.NeedsOrder(id))
        {
            foreach (var held in _held.Values)
            {
                held.ShowHeld();
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var newest in _held.Values)
        {
            newest.Dispose();
        }
    }
}
