namespace Backprop.Shared.Actors;

/// <summary>
/// How a thread waits for what comes soon: it looks for it again and again, and lets others have the core in between. To be woken takes
/// longer than to look, so it sleeps only if nothing comes; or at once, where yielding proved to be dear.
/// </summary>
/// <remarks>
/// Linux from 6.18 on lets a thread that yields forfeit the rest of its time slice. If another program computes on that core, the thread
/// comes back milliseconds later; a sleeper is woken within microseconds there. And where many yield, they push the clock of their core
/// ahead: who wakes up there then waits for seconds. Threads that wait for the same may share one of these, without a lock: a lost count
/// only changes when they look again.
/// </remarks>
/// <param name="looks">How often a thread looks before it sleeps; a look and a yield take some hundred nanoseconds.</param>
/// <param name="time">The clock that yields are measured by.</param>
internal sealed class YieldingWait(int looks, TimeProvider time)
{
    private const int PauseMaximum = 1024;

    // Longer than what a slot or a coordinator does at a time in a short step; shorter than any slice.
    private static readonly TimeSpan Dear = TimeSpan.FromMilliseconds(0.3);

    private int _pause = 1;
    private int _left;

    /// <summary>How often a thread looks before it sleeps.</summary>
    public int Looks => looks;

    /// <summary>A wait begins.</summary>
    /// <returns>False: the thread shall sleep and not look.</returns>
    public bool Begin()
    {
        if (_left <= 0)
        {
            return true;
        }

        _left--;
        return false;
    }

    /// <summary>Lets others have the core.</summary>
    /// <returns>False: that was dear. The thread shall sleep now and the next times, twice as often as after the one before.</returns>
    public bool Yield()
    {
        var begun = time.GetTimestamp();
        Thread.Yield();
        if (time.GetElapsedTime(begun) < Dear)
        {
            return true;
        }

        _pause = Math.Min(2 * _pause, PauseMaximum);
        _left = _pause;
        return false;
    }

    /// <summary>What was waited for has come while the thread looked.</summary>
    public void Found()
    {
        if (_pause > 1)
        {
            _pause /= 2;
        }
    }
}
