namespace Backprop.Coordinator.Training;

/// <summary>
/// How many workers take part in a run, whether it waits for more, and whether it pauses. Written by whoever runs the engine, one thread at
/// a time; read by log, live line and status page, from any thread.
/// </summary>
internal sealed class Attendance
{
    private volatile int _present;
    private volatile int _needed;
    private volatile bool _isAgain;
    private volatile bool _isPaused;
    private bool _hasWorked;

    /// <summary>So many take part.</summary>
    public int Present => _present;

    /// <summary>For so many the run waits; 0 while it goes on.</summary>
    public int Needed => _needed;

    /// <summary>The run waits; it goes on with enough of them.</summary>
    public bool IsWaiting => _needed > 0;

    /// <summary>The run pauses, as somebody wished.</summary>
    public bool IsPaused => _isPaused;

    /// <summary>No step is computed: the run waits or pauses.</summary>
    public bool StandsStill => IsWaiting || IsPaused;

    /// <summary>The newest wait began after workers had been there: they have gone. Otherwise it was that for the first ones.</summary>
    public bool IsAgain => _isAgain;

    /// <summary>So many take part now.</summary>
    /// <param name="needed">For how many the run waits; 0 where they are enough.</param>
    /// <param name="isPaused">The run pauses.</param>
    /// <returns>True where that is news.</returns>
    public bool Is(int present, int needed, bool isPaused = false)
    {
        if (present == _present && needed == _needed && isPaused == _isPaused)
        {
            return false;
        }

        _hasWorked |= present > 0;
        if (needed > 0 && _needed == 0)
        {
            _isAgain = _hasWorked;
        }

        (_present, _needed, _isPaused) = (present, needed, isPaused);
        return true;
    }
}
