using Backprop.Coordinator.Diagnostics.Lines;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Diagnostics;

/// <summary>Who was not let in: one line a second for each reason, then a sum. All methods: from any thread.</summary>
/// <param name="log">Where lines go.</param>
/// <param name="time">The clock.</param>
internal sealed class RefusalLog(ILogger log, TimeProvider time) : IDisposable
{
    /// <summary>A reason can have a stranger's words in it: beyond so many they share one sum.</summary>
    private const int ReasonsMaximum = 32;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Reason, bool Stranger), Throttle> _throttles = [];

    /// <summary>Somebody was not let in.</summary>
    public void Refused(string address, string reason, bool stranger)
    {
        if (!ThrottleFor(reason, stranger).Pass())
        {
            return;
        }

        if (stranger)
        {
            log.StrangerRefused(address, reason);
        }
        else
        {
            log.Refused(address, reason);
        }
    }

    /// <summary>The sums that are held back.</summary>
    public void TellNow() => Array.ForEach(Throttles(), throttle => throttle.TellNow());

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(Throttles(), throttle => throttle.Dispose());

    private Throttle[] Throttles()
    {
        lock (_gate)
        {
            return [.. _throttles.Values];
        }
    }

    private Throttle ThrottleFor(string reason, bool stranger)
    {
        lock (_gate)
        {
            if (!_throttles.ContainsKey((reason, stranger)) && _throttles.Count >= ReasonsMaximum)
            {
                reason = "for other reasons";
            }

            if (!_throttles.TryGetValue((reason, stranger), out var throttle))
            {
                throttle = new Throttle(time, more => TellMore(more, reason, stranger));
                _throttles[(reason, stranger)] = throttle;
            }

            return throttle;
        }
    }

    private void TellMore(int more, string reason, bool stranger)
    {
        if (stranger)
        {
            log.StrangersRefusedMore(new Counted(more, "more stranger"), reason);
        }
        else
        {
            log.RefusedMore(new Counted(more, "more worker"), reason);
        }
    }
}
