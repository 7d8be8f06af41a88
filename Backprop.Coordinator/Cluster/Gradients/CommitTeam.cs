namespace Backprop.Coordinator.Cluster.Gradients;

/// <summary>
/// Threads that share the sweeps of a commit; between commits they sleep. The caller is one of them, and with a single one nothing else
/// is woken.
/// </summary>
internal sealed class CommitTeam : IDisposable
{
    private readonly Thread[] _helpers;
    private readonly SemaphoreSlim _begin = new(0);
    private readonly ManualResetEventSlim _done = new();
    private readonly Action<int, int> _work;
    private int _unfinished;
    private int _next;
    private Exception? _failure;
    private volatile bool _over;

    /// <param name="parts">How many threads share a large sweep, the caller included.</param>
    /// <param name="work">A part of the sweep: which, and of how many.</param>
    public CommitTeam(int parts, Action<int, int> work)
    {
        Parts = parts;
        _work = work;
        _helpers = new Thread[parts - 1];
        for (var i = 0; i < _helpers.Length; i++)
        {
            _helpers[i] = new Thread(Live) { IsBackground = true, Name = $"backprop commit {i + 1}" };
            _helpers[i].Start();
        }
    }

    /// <summary>How many threads there are, the caller included.</summary>
    public int Parts { get; }

    /// <summary>Does the work and returns when all parts are done.</summary>
    /// <param name="alone">The caller does it all: the work is too small to wake anybody for.</param>
    public void Run(bool alone)
    {
        if (alone || Parts == 1)
        {
            _work(0, 1);
            return;
        }

        _done.Reset();
        _failure = null;
        _next = 0;
        Volatile.Write(ref _unfinished, _helpers.Length);
        _begin.Release(_helpers.Length);
        _work(0, Parts);
        _done.Wait();
        if (_failure is { } failure)
        {
            throw new InvalidOperationException("A part of the commit failed.", failure);
        }
    }

    public void Dispose()
    {
        _over = true;
        if (_helpers.Length > 0)
        {
            _begin.Release(_helpers.Length);
        }

        foreach (var helper in _helpers)
        {
            helper.Join();
        }

        _begin.Dispose();
        _done.Dispose();
    }

    private void Live()
    {
        while (true)
        {
            _begin.Wait();
            if (_over)
            {
                return;
            }

            try
            {
                _work(Interlocked.Increment(ref _next), Parts);
            }
#pragma warning disable CA1031 // Whatever it is, the caller throws it: a thread of its own would end the process without a word.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                _failure = exception;
            }

            if (Interlocked.Decrement(ref _unfinished) == 0)
            {
                _done.Set();
            }
        }
    }
}
