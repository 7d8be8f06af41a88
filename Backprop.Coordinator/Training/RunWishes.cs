namespace Backprop.Coordinator.Training;

/// <summary>
/// What people ask of a run, at any time and from any thread: the engine is told, in the order in which it was asked. What is asked before
/// there is an engine is remembered for it.
/// </summary>
internal sealed class RunWishes
{
    private readonly Lock _gate = new();
    private IRunEngine? _engine;
    private bool _stop;
    private bool _pause;
    private bool _checkpoint;

    /// <summary>The run shall stop.</summary>
    public void RequestStop()
    {
        lock (_gate)
        {
            _stop = true;
            _engine?.RequestStop();
        }
    }

    /// <summary>The run shall stand still.</summary>
    public void Pause()
    {
        lock (_gate)
        {
            _pause = true;
            _engine?.Pause();
        }
    }

    /// <summary>The run shall go on.</summary>
    public void Resume()
    {
        lock (_gate)
        {
            _pause = false;
            _engine?.Resume();
        }
    }

    /// <summary>A checkpoint shall be written.</summary>
    public void RequestCheckpoint()
    {
        lock (_gate)
        {
            _checkpoint = true;
            _engine?.RequestCheckpoint();
        }
    }

    /// <summary>The engine is there and is told what was asked before; or it has run, and nobody is told any more.</summary>
    public void GoTo(IRunEngine? engine)
    {
        lock (_gate)
        {
            _engine = engine;
            if (_checkpoint)
            {
                engine?.RequestCheckpoint();
            }

            if (_pause)
            {
                engine?.Pause();
            }

            if (_stop)
            {
                engine?.RequestStop();
            }
        }
    }
}
