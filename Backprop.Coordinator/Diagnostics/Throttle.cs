namespace Backprop.Coordinator.Diagnostics;

/// <summary>Lets one thing a second pass; the rest is counted and told a second later, in one sum.</summary>
/// <param name="time">The clock.</param>
/// <param name="more">Told what was held back, on any thread.</param>
internal sealed class Throttle(TimeProvider time, Action<int> more) : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private ITimer? _timer;
    private long _passed;
    private bool _any;
    private int _held;

    /// <summary>True where it may be said now; otherwise it is counted as so many.</summary>
    public bool Pass(int count = 1)
    {
        lock (_gate)
        {
            var since = time.GetElapsedTime(_passed);
            if (_held == 0 && (!_any || since >= Every))
            {
                (_any, _passed) = (true, time.GetTimestamp());
                return true;
            }

            if (_held == 0)
            {
                _timer ??= time.CreateTimer(_ => TellNow(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                _timer.Change(Every - since, Timeout.InfiniteTimeSpan);
            }

            _held += count;
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    /// <summary>Tells at once what is held back, before something final is said.</summary>
    public void TellNow()
    {
        int held;
        lock (_gate)
        {
            (held, _held, _passed) = (_held, 0, time.GetTimestamp());
        }

        if (held > 0)
        {
            more(held);
        }
    }
}
