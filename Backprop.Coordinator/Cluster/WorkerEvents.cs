using System.Collections.Concurrent;
using Backprop.Coordinator.Cluster.Links;
using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Shell;
using Backprop.Shared.Gradients;

namespace Backprop.Coordinator.Cluster;

/// <summary>
/// Turns what connections tell into inputs of the core. The thread that received a step's last gradient so makes the update and sends the
/// next orders, and nobody is woken for it.
/// </summary>
internal sealed class WorkerEvents(CoreMailbox core, WorkerRegistry registry, WorkerLog log, WorkerBoard board) : ILinkEvents
{
    private readonly ConcurrentDictionary<WorkerId, string> _failures = new();

    /// <inheritdoc/>
    public void Ready(WorkerLink worker, double speed)
    {
        board.Joined(worker.Info.Id, CoordinatorCore.BelievedSpeed(speed));
        core.PostAndDrain(Input.WorkerJoined(worker.Id, speed));
    }

    /// <inheritdoc/>
    public void SpanAnswered(WorkerLink worker, in Assignment assignment, bool finite) =>
        core.PostAndDrain(Input.SpanAnswered(worker.Id, in assignment, finite));

    /// <inheritdoc/>
    public void BlocksAnswered(WorkerLink worker, in Assignment assignment) =>
        core.PostAndDrain(Input.BlocksAnswered(worker.Id, in assignment));

    /// <inheritdoc/>
    public void LayerFailed(WorkerLink worker, in Assignment assignment, string message)
    {
        if (!worker.IsReady)
        {
            worker.Close($"it cannot take part: {message}");
            return;
        }

        _failures[worker.Id] = message;
        core.PostAndDrain(Input.LayerFailed(worker.Id, in assignment));
    }

    /// <summary>What a layer said when it threw on a worker.</summary>
    public string TakeFailure(WorkerId worker) => _failures.TryRemove(worker, out var message) ? message : "a layer failed";

    /// <inheritdoc/>
    public void Dropped() => board.Dropped();

    /// <inheritdoc/>
    public void Lost(WorkerLink worker, string reason)
    {
        var isOver = core.IsOver;
        registry.Remove(worker, isOver || !worker.IsReady ? null : reason);
        board.Gone(worker.Info.Id, lost: !worker.HasLeft && !isOver);
        if (isOver)
        {
            return;
        }

        if (worker.IsReady)
        {
            core.PostAndDrain(Input.WorkerLost(worker.Id));
        }
        else
        {
            log.Refused(worker.Info.Address, $"{worker.Info.Name} was gone before it was ready: {reason}", stranger: false);
        }
    }
}
