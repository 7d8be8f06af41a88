using Backprop.Coordinator.Diagnostics.Lines;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Diagnostics;

/// <summary>Workers, and who would be one.</summary>
internal sealed partial class RunLog
{
    private const int ReasonsMaximum = 32;

    /// <summary>Less than this of the computing twice is no loss that anybody would look for.</summary>
    private const double ShareThatCosts = 0.1;

    private readonly Throttle _reassigned;
    private readonly Throttle _slow;
    private int _stepsBefore;
    private int? _missing;
    private bool _hasWorked;
    private bool _isAgain;
    private readonly Dictionary<(string Reason, bool Stranger), Throttle> _refused = [];

    /// <inheritdoc/>
    public void Listening(string address) => _log.Listening(address);

    /// <inheritdoc/>
    public void Joined(WorkerInfo worker, int present)
    {
        _hasWorked = true;
        _log.Joined(worker.Id, worker.Name, worker.Place, new Counted(worker.Slots, "slot"), Workers(present));
    }

    /// <inheritdoc/>
    public void Left(WorkerInfo worker, int present) => _log.Left(worker.Id, worker.Name, Workers(present));

    /// <inheritdoc/>
    public void Lost(WorkerInfo worker, string reason, int shards, int present) =>
        _log.Lost(worker.Id, worker.Name, reason, new Counted(shards, "shard"), Workers(present));

    /// <inheritdoc/>
    public void Replaced(WorkerInfo older, WorkerInfo newer) => _log.Replaced(older.Id, newer.Id, newer.Name, newer.Address);

    /// <inheritdoc/>
    public void Refused(string address, string reason, bool stranger)
    {
        if (!ThrottleFor(reason, stranger).Pass())
        {
            return;
        }

        if (stranger)
        {
            _log.StrangerRefused(address, reason);
        }
        else
        {
            _log.Refused(address, reason);
        }
    }

    /// <inheritdoc/>
    public void DoorClosed(string reason) => _log.DoorClosed(reason);

    /// <inheritdoc/>
    public void DoorOpen() => _log.DoorOpen();

    /// <inheritdoc/>
    public void Reassigned(int step, int first, int count, WorkerInfo to, WorkerInfo? late = null, WorkerDoing doing = default)
    {
        Interlocked.CompareExchange(ref _stepsBefore, _newest.Step, 0);
        if (_reassigned.Pass(count))
        {
            var because = new Because(late is null ? "" : $"w{late.Id} ({late.Name}) is late: {doing}");
            _log.Reassigned(first, first + count - 1, step, to.Id, to.Name, because);
        }
    }

    /// <inheritdoc/>
    public void Slow(WorkerInfo worker, int step, double milliseconds, string waitsFor)
    {
        if (_slow.Pass())
        {
            _log.Slow(worker.Id, worker.Name, step, milliseconds, waitsFor);
        }
    }

    /// <inheritdoc/>
    public void DidNotRun(TimeSpan gap) => _log.DidNotRun(gap.TotalSeconds);

    /// <inheritdoc/>
    public void Waiting(int present, int needed)
    {
        _missing = needed;
        _isAgain = _hasWorked;
        var workers = Workers(present);
        _log.Waiting(_isAgain ? LogLevel.Warning : LogLevel.Information, workers, needed);
    }

    /// <inheritdoc/>
    public void Enough(int present)
    {
        _missing = null;
        _log.Enough(_isAgain ? "enough again" : "enough", Workers(present));
    }

    /// <inheritdoc/>
    public void Idle(int idle, int shards) => _log.Idle(new Counted(idle, "worker"), new Counted(shards, "shard"));

    /// <inheritdoc/>
    public void NotFinite(WorkerInfo worker, int times) => _log.NotFinite(worker.Id, worker.Name, new Counted(times, "time"));

    /// <inheritdoc/>
    public void Dismissed(WorkerInfo worker) => _log.Dismissed(worker.Id, worker.Name);

    /// <inheritdoc/>
    public void Failed(WorkerInfo worker, string message) => _log.Failed(worker.Id, worker.Name, message);

    /// <summary>Shards that idle workers compute too cost nothing; a line is for what is felt.</summary>
    private void TellReassigned(int shards)
    {
        var steps = Math.Max(1, _newest.Step - Interlocked.Exchange(ref _stepsBefore, 0));
        var share = shards / ((double)steps * _rules.Shards);
        if (share >= ShareThatCosts)
        {
            _log.ReassignedMore(new Counted(shards, "more shard"), 100 * share);
        }
    }

    private Counted Workers(int present)
    {
        _present = present;
        return new Counted(present, "worker");
    }

    /// <summary>A throttle for each reason; strangers cannot make them many.</summary>
    private Throttle ThrottleFor(string reason, bool stranger)
    {
        lock (_gate)
        {
            if (!_refused.ContainsKey((reason, stranger)) && _refused.Count >= ReasonsMaximum)
            {
                reason = "for other reasons";
            }

            if (!_refused.TryGetValue((reason, stranger), out var throttle))
            {
                throttle = new Throttle(_time, more =>
                {
                    if (stranger)
                    {
                        _log.StrangersRefusedMore(new Counted(more, "more stranger"), reason);
                    }
                    else
                    {
                        _log.RefusedMore(new Counted(more, "more worker"), reason);
                    }
                });
                _refused[(reason, stranger)] = throttle;
            }

            return throttle;
        }
    }
}
