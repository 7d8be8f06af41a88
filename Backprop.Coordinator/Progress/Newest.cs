namespace Backprop.Coordinator.Progress;

/// <summary>
/// What people are shown of things that can come in masses, each of which makes the one before old news: at most one a second, and the
/// newest always, a second late at worst; and beside it the newest of those that must not be lost. From any thread.
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
    private (bool Is, T? Value) _held;
    private (bool Is, T? Value) _kept;

    /// <summary>Something has come: shown now, or when the second is over unless something newer has come by then.</summary>
    /// <param name="value">What has come.</param>
    /// <param name="keep">True for what only a newer one of its sort makes old news.</param>
    public void Offer(T value, bool keep = false)
    {
        lock (_gate)
        {
            var since = time.GetElapsedTime(_shownAt);
            if (_held.Is || (_wasShown && since < Every))
            {
                if (!_held.Is)
                {
                    _timer ??= time.CreateTimer(_ => ShowHeld(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                    _timer.Change(Every - since, Timeout.InfiniteTimeSpan);
                }

                // The newest is itself one that is kept: then nothing has to be shown beside it.
                _held = (true, value);
                _kept = keep ? (true, value) : _kept;
                return;
            }

            (_wasShown, _shownAt) = (true, time.GetTimestamp());
        }

        show(value);
    }

    /// <summary>Shows at once what is held back: something final follows.</summary>
    public void ShowHeld()
    {
        (bool Is, T? Value) held, kept;
        lock (_gate)
        {
            if (!_held.Is)
            {
                return;
            }

            (held, kept, _held, _kept, _shownAt) = (_held, _kept, default, default, time.GetTimestamp());
        }

        if (kept.Is && !EqualityComparer<T>.Default.Equals(kept.Value, held.Value))
        {
            show(kept.Value!);
        }

        show(held.Value!);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ShowHeld();
        _timer?.Dispose();
    }
}
