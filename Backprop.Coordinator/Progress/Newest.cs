namespace Backprop.Coordinator.Progress;

/// <summary>
/// What people are shown of things that can come in masses, each of which makes the one before old news: at most one a second, and the
/// newest always, a second late at worst. From any thread.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="show">Shows one, on any thread.</param>
internal sealed class Newest<T>(TimeProvider time, Action<T> show) : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private ITimer? _timer;
    private long _shownAt;
    private bool _wasShown;
    private bool _isHeld;
    private T? _held;

    /// <summary>Something has come: shown now, or when the second is over unless something newer has come by then.</summary>
    public void Offer(T value)
    {
        lock (_gate)
        {
            var since = time.GetElapsedTime(_shownAt);
            if (_isHeld || (_wasShown && since < Every))
            {
                if (!_isHeld)
                {
                    _timer ??= time.CreateTimer(_ => ShowHeld(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                    _timer.Change(Every - since, Timeout.InfiniteTimeSpan);
                }

                (_isHeld, _held) = (true, value);
                return;
            }

            (_wasShown, _shownAt) = (true, time.GetTimestamp());
        }

        show(value);
    }

    /// <summary>Shows at once what is held back: something final follows.</summary>
    public void ShowHeld()
    {
        T held;
        lock (_gate)
        {
            if (!_isHeld)
            {
                return;
            }

            (held, _held, _isHeld, _shownAt) = (_held!, default, false, time.GetTimestamp());
        }

        show(held);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ShowHeld();
        _timer?.Dispose();
    }
}
