using System.Runtime.ExceptionServices;

namespace Backprop.Tests.Shared.Protocol;

/// <summary>Something that a test does on a thread of its own, because it blocks.</summary>
internal sealed class Aside
{
    private readonly Thread _thread;
    private Exception? _thrown;

    public Aside(Action action)
    {
        _thread = new Thread(() =>
        {
            try
            {
                action();
            }
            catch (Exception exception)
            {
                _thrown = exception;
            }
        })
        { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Waits for its end; throws what it threw.</summary>
    public void Join()
    {
        _thread.Join(TimeSpan.FromSeconds(30)).ShouldBeTrue("it still waits after 30 s");
        if (_thrown is not null)
        {
            ExceptionDispatchInfo.Throw(_thrown);
        }
    }
}
