using Akka.Actor;
using Backprop.Coordinator.Cluster.Record;
using Backprop.Coordinator.Diagnostics;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>Has a node coordinate as long as it leads its cluster's record, and no longer.</summary>
internal static class Coordinating
{
    /// <summary>Longer than the coordinator's fence takes: its process ends before that.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(60);

    /// <summary>Starts and ends the actor that coordinates; returns when it has ended.</summary>
    /// <param name="ending">The node is a member no more, or wants to be none.</param>
    public static async Task RunAsync(NodeContext node, Membership membership, CancellationToken ending)
    {
        if (node.Record is not { } record)
        {
            return;
        }

        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = ending.Register(over.SetResult);
        IActorRef? actor = null;
        var term = 0L;
        while (!ending.IsCancellationRequested)
        {
            var changed = record.Copy.Changed;
            var state = record.Copy.State;
            if (actor is not null && (!state.IsOpen || state.Promised != term))
            {
                node.Log.CoordinatesNoMore(node.Options.Name, term, Why(state, term));
                await StopAsync(actor);
                actor = null;
                continue;
            }

            if (actor is null && state.IsOpen)
            {
                term = state.Promised;
                try
                {
                    actor = membership.Coordinate(node, record.Copy, term);
                }
                catch (InvalidOperationException)
                {
                    // The cluster has removed this node, and its actors end: who waits for that says so soon.
                    await over.Task;
                    return;
                }
            }
            else if (state is { Leads: false, Leader: "" } && node.Coordination.Elsewhere.Length > 0)
            {
                node.Coordination.BeElsewhere("");
                node.Log.CoordinatorSilent(node.Folder.Term.Holder);
            }

            await Task.WhenAny(changed, over.Task);
        }

        if (actor is not null)
        {
            await StopAsync(actor);
        }
    }

    /// <summary>Complete when the node leads its record.</summary>
    public static async Task WhenLeads(RecordCopy record, CancellationToken ending)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = ending.Register(over.SetResult);
        while (!ending.IsCancellationRequested)
        {
            var changed = record.Changed;
            if (record.State.IsOpen)
            {
                return;
            }

            await Task.WhenAny(changed, over.Task);
        }
    }

    private static async Task StopAsync(IActorRef actor)
    {
        try
        {
            await actor.GracefulStop(StopLimit);
        }
        catch (TaskCanceledException)
        {
            // Its run does not end; the coordinator's fence ends the process then.
        }
    }

    private static string Why(RecordState state, long term) => state.Promised > term
        ? $"term {state.Promised} was begun"
        : $"it did not hear a majority of the {state.Voters.Count} nodes that keep the record";
}
