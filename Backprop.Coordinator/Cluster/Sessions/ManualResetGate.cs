namespace Backprop.Coordinator.Cluster.Sessions;

/// <summary>A gate that is open or closed; who comes while it is closed waits without a thread. From any thread.</summary>
internal sealed class ManualResetGate
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _opened = New();

    /// <summary>Lets all through.</summary>
    public void Open()
    {
        lock (_gate)
        {
            _opened.TrySetResult();
        }
    }

    /// <summary>Who comes from now on waits.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_opened.Task.IsCompleted)
            {
                _opened = New();
            }
        }
    }

    /// <summary>Waits until it is open, or for so long.</summary>
    public async Task WaitAsync(TimeSpan patience, TimeProvider time, CancellationToken ended)
    {
        Task opened;
        lock (_gate)
        {
            opened = _opened.Task;
        }

        try
        {
            await opened.WaitAsync(patience, time, ended);
        }
        catch (TimeoutException)
        {
            // Who waited looks for itself.
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
