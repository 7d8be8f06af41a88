using System.ComponentModel;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cluster.Processes;

/// <summary>The place of the worker with one number: processes come and go in it, one at a time. Used by one thread.</summary>
/// <param name="oomKills">Whether memory ran out, for what was killed.</param>
/// <param name="changed">Told by the process, from any thread, that it should be looked at.</param>
internal sealed class WorkerSeat(int number, WorkerHostOptions options, OomKills oomKills, Action changed) : IDisposable
{
    /// <summary>How long a worker that was asked may take to hand its shards back and go.</summary>
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(5);

    /// <summary>How long the last lines of a process that has ended may be on their way; a child of its own may hold the pipe.</summary>
    private static readonly TimeSpan LastLinesLimit = TimeSpan.FromSeconds(1);

    private const int LinesKept = 500;
    private readonly RestartPolicy _policy = new(options.EndsTheRun);
    private WorkerChild? _child;
    private TimeSpan? _leavesBy;
    private TimeSpan? _exitSeenAt;
    private long? _oomKillsBefore;
    private bool _isWanted;
    private bool _mayStart;
    private bool _wasKilled;
    private bool _isRestart;
    private int _restarts;
    private string _lastEnd = "";

    /// <summary>What the processes in it wrote to standard error. From any thread.</summary>
    public LineRing Lines { get; } = new(LinesKept);

    /// <summary>No process is in it.</summary>
    public bool IsEmpty => _child is null;

    /// <summary>When it has to be looked at again even if nothing happens; null: never.</summary>
    public TimeSpan? LookAgainAt => _child is null
        ? _mayStart && !_policy.HasGivenUp ? _policy.StartsAt : null
        : _exitSeenAt is { } seen ? seen + LastLinesLimit
        : _wasKilled ? null : _leavesBy;

    public WorkerView View => new(number, options.Name(number), _child?.Id ?? 0, State, _restarts, _lastEnd);

    private WorkerState State => _child is { } child
        ? _leavesBy is not null ? WorkerState.Leaving : child.State
        : !_isWanted || _policy.HasGivenUp ? WorkerState.Stopped
        : _isRestart ? WorkerState.Pausing : WorkerState.Starting;

    /// <summary>Takes note of what happened and does what is due.</summary>
    /// <param name="isWanted">Whether a process is to run here.</param>
    /// <param name="mayStart">Whether one that does not run yet is to be started.</param>
    /// <param name="ended">Told that the process that was here has ended, and whether that ends what it worked for.</param>
    public void Settle(bool isWanted, bool mayStart, TimeSpan now, Action<WorkerEnd, UserException?> ended)
    {
        (_isWanted, _mayStart) = (isWanted, isWanted && mayStart);
        if (_child is { HasExited: true } gone)
        {
            _exitSeenAt ??= now;
            if (gone.HasSaidAll || now >= _exitSeenAt + LastLinesLimit)
            {
                TakeEnd(gone, now, ended);
            }
        }

        if (_child is { HasExited: false } child)
        {
            Urge(child, now);
        }
        else if (_child is null && _mayStart && !_policy.HasGivenUp && now >= _policy.StartsAt)
        {
            Start(now, ended);
        }
    }

    public void Dispose() => _child?.Dispose();

    /// <summary>Who was asked goes, even if it is wanted again meanwhile; then another is started.</summary>
    private void Urge(WorkerChild child, TimeSpan now)
    {
        if (!_isWanted && _leavesBy is null)
        {
            _leavesBy = now + LeaveLimit;
            child.AskToLeave();
        }
        else if (now >= _leavesBy && !_wasKilled)
        {
            _wasKilled = true;
            child.Kill();
        }
    }

    private void Start(TimeSpan now, Action<WorkerEnd, UserException?> ended)
    {
        _oomKillsBefore = oomKills.Count();
        try
        {
            _child = WorkerChild.Start(options.Command(number), Lines, changed);
            _restarts += _isRestart ? 1 : 0;
        }
        catch (Win32Exception problem)
        {
            var how = $"backprop-worker cannot be started from {AppContext.BaseDirectory}: {Shown.Reason(problem)}";
            var pause = _policy.NotStarted(now);
            (_lastEnd, _isRestart) = (how, true);
            ended(
                Told(0, new ProcessEnd((int)ExitCode.Unexpected), how, [], wasAsked: false, pause),
                _policy.HasGivenUp ? new UserException(ExitCode.Unexpected, $"{how}.", problem) : null);
        }
    }

    private void TakeEnd(WorkerChild child, TimeSpan now, Action<WorkerEnd, UserException?> ended)
    {
        var code = child.ExitCode;
        var end = new ProcessEnd(code, code == ProcessEnd.Killed && !_wasKilled ? oomKills.Explains(_oomKillsBefore) : false);
        var wasAsked = _leavesBy is not null;
        var how = _wasKilled ? $"killed, for it did not go within {LeaveLimit.TotalSeconds:0} s" : end.Words;
        TimeSpan? pause = null;
        if (wasAsked)
        {
            _policy.Left(now);
        }
        else
        {
            pause = _policy.Ended(end, child.WasReady, now);
        }

        var told = Told(child.Id, end, how, child.LastLines, wasAsked, pause);
        (_child, _leavesBy, _exitSeenAt, _wasKilled, _isRestart, _lastEnd) = (null, null, null, false, !wasAsked, how);
        child.Dispose();
        ended(told, wasAsked || !_policy.HasGivenUp ? null : Failure(end, told));
    }

    private WorkerEnd Told(int process, ProcessEnd end, string how, IReadOnlyList<string> said, bool wasAsked, TimeSpan? pause) =>
        new(number, options.Name(number), process, end.Code, how, said, wasAsked, pause, _policy.Fruitless);

    private static UserException Failure(ProcessEnd end, WorkerEnd told) => end.CannotTakePart
        ? new UserException((ExitCode)end.Code, $"A worker process cannot take part: {told.Reason}")
        : new UserException(
            ExitCode.TooFewWorkers,
            $"A worker process ended {told.Fruitless} times before it was ready, last: {told.How}. {told.LastWords}".TrimEnd());
}
