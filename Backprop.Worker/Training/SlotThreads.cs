using Backprop.Shared.Actors;
using Backprop.Shared.Kernels;

namespace Backprop.Worker.Training;

/// <summary>
/// The slots of a worker process: the caller is slot 0, the others are threads that wait for the next job. Where one fails, all leave the
/// job, and these threads are of no use any more.
/// </summary>
internal sealed class SlotThreads : IDisposable
{
    private readonly Action<int> _job;
    private readonly Thread[] _others;
    private Exception? _failure;
    private volatile bool _over;

    /// <param name="slots">How many slots there are, slot 0 included.</param>
    /// <param name="team">Where they meet, within a job too.</param>
    /// <param name="job">What each slot does when there is a job.</param>
    public SlotThreads(int slots, TeamBarrier team, Action<int> job)
    {
        (Team, _job) = (team, job);
        Subnormals.Check();
        _others = new Thread[slots - 1];
        for (var i = 0; i < _others.Length; i++)
        {
            var slot = i + 1;
            _others[i] = new Thread(() => Live(slot)) { IsBackground = true, Name = $"backprop slot {slot}" };
            _others[i].Start();
        }
    }

    private TeamBarrier Team { get; }

    /// <summary>Does a job with all slots.</summary>
    /// <exception cref="LayerFailedException">What the first slot to fail threw.</exception>
    public void Work()
    {
        if (_others.Length == 0)
        {
            _job(0);
            return;
        }

        try
        {
            Team.Arrive();
            _job(0);
            Team.Arrive();
        }
        catch (TeamBrokenException) when (_failure is { } failure)
        {
            throw failure;
        }
        catch (Exception)
        {
            Team.Break();
            throw;
        }
    }

    public void Dispose()
    {
        _over = true;
        Team.Break();
        foreach (var thread in _others)
        {
            thread.Join();
        }
    }

    private void Live(int slot)
    {
        try
        {
            Subnormals.Check();
            while (!_over)
            {
                Team.Arrive();
                _job(slot);
                Team.Arrive();
            }
        }
        catch (TeamBrokenException)
        {
            // The threads are dismissed, or somebody has failed and said so.
        }
#pragma warning disable CA1031 // Whatever a layer throws is slot 0's to report; the others must not wait for this one.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _failure, exception, null);
            Team.Break();
        }
    }
}
