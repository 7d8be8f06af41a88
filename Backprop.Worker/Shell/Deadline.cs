namespace Backprop.Worker.Shell;

/// <summary>
/// Does something when a time has passed, unless it is disposed before: closes a connection, so that whoever waits for it ends.
/// </summary>
internal sealed class Deadline : IDisposable
{
    private readonly ITimer _timer;
    private readonly Action _then;

    public Deadline(TimeSpan after, TimeProvider time, Action then)
    {
        _then = then;
        _timer = time.CreateTimer(_ => Pass(), null, after, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The time has passed.</summary>
    public bool HasPassed { get; private set; }

    public void Dispose() => _timer.Dispose();

    private void Pass()
    {
        HasPassed = true;
        _then();
    }
}
