using Backprop.Coordinator.Cluster.Links;
using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Shared.Gradients;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Cluster;

/// <summary>
/// Tells people what the core has decided: the log, the status page, and the counts of the summary. It decides nothing, and is called by
/// whoever runs the core.
/// </summary>
internal sealed class ClusterNarrator(
    CoordinatorState state, Rules rules, WorkerRegistry registry, WorkerEvents events, SlowSteps slow, ILogger log,
    WorkerLog workerLog, StatusBoard board)
{
    private readonly bool[] _given = new bool[rules.Shards];
    private readonly WorkerBoard _workers = board.Workers;
    private int _shardsLost;

    /// <summary>The most workers that were there at once.</summary>
    public int Peak { get; private set; }

    /// <summary>How often a worker was admitted.</summary>
    public long Joined { get; private set; }

    /// <summary>How often one was lost; those that left by their own wish are not.</summary>
    public long Lost { get; private set; }

    /// <summary>Shards that were given a second time within their step.</summary>
    public long ShardsAgain { get; private set; }

    /// <summary>This process did not run for a while; said before what seems to follow from it.</summary>
    public void DidNotRun(TimeSpan gap) => log.DidNotRun(gap.TotalSeconds);

    /// <summary>A worker is sent away: its gradients were not finite too often.</summary>
    public void Dismissed(WorkerId worker) => log.Dismissed(worker.Value, registry.InfoOf(worker).Name);

    /// <summary>A worker's gradient was not finite where another's was, so often.</summary>
    public void NotFinite(WorkerId worker, int strikes) =>
        log.NotFinite(worker.Value, registry.InfoOf(worker).Name, new Counted(strikes, "time"));

    /// <summary>The run waits for workers.</summary>
    public void Waiting(int present, int needed) => workerLog.Waiting(present, needed);

    /// <summary>There are enough workers again.</summary>
    public void Enough(int present) => workerLog.Enough(present);

    /// <summary>There are more workers than shards.</summary>
    public void Idle(int idle) => log.Idle(Counted.Workers(idle), Counted.Shards(rules.Shards));

    /// <summary>The run pauses after so many steps.</summary>
    public void Paused(int completed) => log.Paused(completed);

    /// <summary>The run that paused goes on.</summary>
    public void Resumed(int completed) => log.Resumed(completed);

    /// <summary>What a layer said when it threw on a worker.</summary>
    public string FailureOf(WorkerId worker) => events.TakeFailure(worker);

    /// <summary>An input is about to be given to the core: what will be gone afterwards is noted now.</summary>
    public void Receives(in Input input)
    {
        _shardsLost = 0;
        if (input.Kind != InputKind.WorkerLost)
        {
            return;
        }

        foreach (var given in state.Shards.Given)
        {
            _shardsLost += given.Worker == input.Worker ? given.Assignment.Count : 0;
        }
    }

    /// <summary>The core has decided.</summary>
    public void Decided(in Input input, Reason reason)
    {
        board.Enter(state.Phase, state.IsWaiting);
        if (input.Kind == InputKind.Tick && state.Phase == Phase.Computing && slow.IsSlow(state.Now))
        {
            SayWhoIsSlow(slow.Waited(state.Now));
        }

        switch (reason)
        {
            case Reason.WorkerAdmitted:
                Joined++;
                Peak = Math.Max(Peak, state.Members.Count);
                SayJoined(registry.InfoOf(input.Worker));
                break;
            case Reason.WorkerRemoved:
                SayGone(input.Worker);
                break;
            case Reason.WorkerUnknown:
                // It was dismissed or refused, and that has been said.
                registry.TakeDeparture(input.Worker);
                break;
            case Reason.LayerFailedOnce:
                log.Failed(input.Worker.Value, registry.InfoOf(input.Worker).Name, events.TakeFailure(input.Worker));
                break;
            case Reason.AnswerLate:
            case Reason.AnswerAhead:
            case Reason.AnswerRepeated:
            case Reason.AnswerOverlapping:
            case Reason.AnswerMalformed:
            case Reason.AnswerOfDismissed:
            case Reason.LayerFailedLate:
                _workers.Dropped();
                break;
            default:
                break;
        }
    }

    /// <summary>A step begins.</summary>
    public void BeginStep()
    {
        Array.Clear(_given);
        slow.Begin(state.Now);
    }

    /// <summary>A worker was given something; shards that are given a second time within their step are counted and named.</summary>
    public void Given(WorkerId worker, in Assignment assignment)
    {
        _workers.Does(worker.Value, WorkerState.Computing);
        if (assignment.IsEvaluation)
        {
            return;
        }

        var again = 0;
        for (var shard = assignment.First; shard < assignment.End; shard++)
        {
            again += _given[shard] && state.Shards.IsMissing(shard) ? 1 : 0;
            _given[shard] = true;
        }

        if (again > 0)
        {
            ShardsAgain += again;
            _workers.ComputedAgain(again);
            var late = WhoIsLate(worker, in assignment);
            var to = registry.InfoOf(worker);
            workerLog.Reassigned(assignment.Step, assignment.First, assignment.Count, to, late?.Info, late?.Doing() ?? default);
        }
    }

    /// <summary>A worker's gradient became part of the step.</summary>
    public void Taken(WorkerId worker, in Assignment assignment)
    {
        _workers.Answered(worker.Value, assignment.Count);
        var index = state.Members.IndexOf(worker);
        if (index >= 0 && state.Members[index].Outstanding == 0)
        {
            _workers.Does(worker.Value, WorkerState.Idle);
            _workers.Speed(worker.Value, state.Members[index].Speed);
        }
    }

    /// <summary>Says whom a step waits for that takes long.</summary>
    private void SayWhoIsSlow(TimeSpan waited)
    {
        foreach (var (worker, assignment) in state.Shards.Given)
        {
            if (registry.Find(worker) is { } link)
            {
                var waitsFor = $"shards {assignment.First} to {assignment.End - 1}: {link.Doing()}";
                workerLog.Slow(link.Info, state.Step, waited.TotalMilliseconds, waitsFor);
            }
        }
    }

    private void SayJoined(WorkerInfo worker) => log.Joined(
        worker.Id, worker.Name, worker.Place, new Counted(worker.Slots, "slot"), Counted.Workers(state.Members.Count));

    private void SayGone(WorkerId worker)
    {
        if (registry.TakeDeparture(worker) is not { } departure)
        {
            return;
        }

        var (gone, present) = (departure.Worker.Info, Counted.Workers(state.Members.Count));
        if (departure.Worker.HasLeft)
        {
            log.Left(gone.Id, gone.Name, present);
        }
        else
        {
            Lost++;
            log.Lost(gone.Id, gone.Name, departure.Reason, Counted.Shards(_shardsLost), present);
        }
    }

    /// <summary>The worker that shards are taken over from; null where they are given again because an answer was lost.</summary>
    private WorkerLink? WhoIsLate(WorkerId helper, in Assignment assignment)
    {
        foreach (var other in state.Shards.Given)
        {
            if (other.Worker != helper && other.Assignment.Overlaps(in assignment) && registry.Find(other.Worker) is { } link)
            {
                return link;
            }
        }

        return null;
    }
}
