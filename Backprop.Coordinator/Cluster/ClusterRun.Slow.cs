using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;

namespace Backprop.Coordinator.Cluster;

/// <summary>Whom a step waits for, and what is known of it.</summary>
internal sealed partial class ClusterRun
{
    /// <summary>For how long the step has been waited for, without the time in which this process did not run.</summary>
    private TimeSpan Waited(TimeSpan now) =>
        Volatile.Read(ref _waitedFrom) is > 0 and var from ? now - TimeSpan.FromTicks(from) : TimeSpan.Zero;

    /// <summary>Said before what seems to follow from it.</summary>
    private void SayWhetherItRan()
    {
        if (_clock.TakeGap() is { Ticks: > 0 } gap)
        {
            _stepClock.DidNotRun(gap);
            _log.DidNotRun(gap.TotalSeconds);
        }
    }

    private void SayWhoIsSlow()
    {
        var elapsed = Waited(Now);
        if (elapsed < SlowAfter)
        {
            return;
        }

        foreach (var assignment in _state.Shards.Assignments)
        {
            if (_links.TryGetValue(assignment.Worker, out var link))
            {
                _workerLog.Slow(
                    link.Info,
                    _state.Step,
                    elapsed.TotalMilliseconds,
                    $"shards {assignment.First} to {assignment.End - 1}: {link.Doing()}");
            }
        }
    }

    /// <summary>The worker that shards are taken over from; null where they are given again because an answer was lost.</summary>
    private WorkerLink? WhoIsLate(in Effect effect)
    {
        foreach (var other in _state.Shards.Assignments)
        {
            if (other.Worker != effect.Worker
                && other.Overlaps(effect.First, effect.Count)
                && _links.TryGetValue(other.Worker, out var link))
            {
                return link;
            }
        }

        return null;
    }
}
