using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Coordinator.Training;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Diagnostics;

/// <summary>
/// What is told of workers and cannot be told line by line: what comes in masses is one line a second and a sum, a wait has words that
/// depend on what was before. All methods: from any thread, and brief, for a step may be waiting.
/// </summary>
internal sealed class WorkerLog : IDisposable
{
    /// <summary>Less than this of the computing twice is no loss that anybody would look for.</summary>
    private const double ShareThatCosts = 0.1;

    private readonly ILogger _log;
    private readonly int _shards;
    private readonly RunProgress _progress;
    private readonly Throttle _reassigned;
    private readonly Throttle _slow;
    private readonly RefusalLog _refusals;
    private int _stepsBefore;

    /// <param name="log">Where lines go.</param>
    /// <param name="shards">How many shards a step has.</param>
    /// <param name="progress">How far the run is, and who takes part.</param>
    /// <param name="time">The clock.</param>
    public WorkerLog(ILogger log, int shards, RunProgress progress, TimeProvider time)
    {
        (_log, _shards, _progress) = (log, shards, progress);
        _reassigned = new Throttle(time, TellReassigned);
        _slow = new Throttle(time, times => log.SlowMore(new Counted(times, "more time")));
        _refusals = new RefusalLog(log, time);
    }

    /// <summary>Shards are computed again, because an answer was lost, late or not finite.</summary>
    /// <param name="late">Who had them and is late; null where an answer was lost or not finite, which has been said.</param>
    /// <param name="doing">What that worker is known to do.</param>
    public void Reassigned(int step, int first, int count, WorkerInfo to, WorkerInfo? late = null, WorkerDoing doing = default)
    {
        Interlocked.CompareExchange(ref _stepsBefore, _progress.Step, 0);
        if (_reassigned.Pass(count))
        {
            var because = new Because(late is null ? "" : $"w{late.Id} ({late.Name}) is late: {doing}");
            _log.Reassigned(first, first + count - 1, step, to.Id, to.Name, because);
        }
    }

    /// <summary>A worker keeps a step waiting.</summary>
    /// <param name="milliseconds">How long already.</param>
    /// <param name="waitsFor">
    /// What is missing, and what the worker is known to do: "shards 4 to 7: it is computing, heard 0.1 s ago".
    /// </param>
    public void Slow(WorkerInfo worker, int step, double milliseconds, string waitsFor)
    {
        if (_slow.Pass())
        {
            _log.Slow(worker.Id, worker.Name, step, milliseconds, waitsFor);
        }
    }

    /// <summary>Somebody was not let in. A stranger is who spoke another protocol, or had no right.</summary>
    public void Refused(string address, string reason, bool stranger) => _refusals.Refused(address, reason, stranger);

    /// <summary>There are too few workers and the run waits, as the progress has been told: at the beginning as it should be.</summary>
    public void Waiting(int present, int needed)
    {
        var level = _progress.Attendance.IsAgain ? LogLevel.Warning : LogLevel.Information;
        var workers = Counted.Workers(present);
        _log.Waiting(level, workers, needed);
    }

    /// <summary>There are enough workers for the run that waited.</summary>
    public void Enough(int present)
    {
        var enough = _progress.Attendance.IsAgain ? "enough again" : "enough";
        _log.Enough(enough, Counted.Workers(present));
    }

    /// <summary>The sums that are held back, before something final is said.</summary>
    public void TellNow()
    {
        _reassigned.TellNow();
        _slow.TellNow();
        _refusals.TellNow();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        TellNow();
        _reassigned.Dispose();
        _slow.Dispose();
        _refusals.Dispose();
    }

    /// <summary>Shards that idle workers compute too cost nothing; a line is for what is felt.</summary>
    private void TellReassigned(int shards)
    {
        var steps = Math.Max(1, _progress.Step - Interlocked.Exchange(ref _stepsBefore, 0));
        var share = shards / ((double)steps * _shards);
        if (share >= ShareThatCosts)
        {
            _log.ReassignedMore(new Counted(shards, "more shard"), 100 * share);
        }
    }
}
