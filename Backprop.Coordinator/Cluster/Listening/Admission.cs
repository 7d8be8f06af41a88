using Backprop.Coordinator.Cluster.Links;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Tensors;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Cluster.Listening;

/// <summary>Who is let in, and how: a worker that shows the secret, was not dismissed, and for which there is a place.</summary>
/// <param name="context">What its connection needs of the run.</param>
/// <param name="registry">Where it is registered.</param>
internal sealed class Admission(
    LinkContext context, WorkerRegistry registry, ClusterOptions options, ILogger log, WorkerBoard board)
{
    /// <summary>Whether a worker may come in.</summary>
    /// <param name="former">The connection that the same worker had before, if it still seems to live.</param>
    /// <returns>Why not, for the log and for the worker; null: it may.</returns>
    public (string Reason, Refusal? Words)? Judge(PendingConnection pending, Hello hello, out WorkerLink? former)
    {
        former = null;
        if (HelloCheck.Check(pending.Challenge, hello, options.Token) is { } refusal)
        {
            return (refusal.Reason, refusal);
        }

        if (registry.WasDismissed(hello.Instance))
        {
            return (
                "it was dismissed",
                Refusals.Because(ExitCode.Dismissed, "This worker was dismissed: its gradients were not finite where others' were."));
        }

        former = registry.Find(hello.Instance);
        if (hello.Incarnation <= former?.Hello.Incarnation)
        {
            return (
                "a worker of its id is connected already",
                Refusals.Because(ExitCode.Usage, "A worker of this id is connected already; give each its own."));
        }

        return registry.TryMakePlace(former) ? null : (
            "too many are making ready already",
            Refusals.Because(ExitCode.TooFewWorkers, "There is no place for another worker: too many are making ready already."));
    }

    /// <summary>Lets a worker in: it gets an id that no other had or will have.</summary>
    /// <param name="former">The connection that the same worker had before, if it still seemed to live.</param>
    public void Admit(PendingConnection pending, Hello hello, WorkerLink? former)
    {
        former?.Close("it came back on a new connection");
        var info = new WorkerInfo(registry.NextId(), hello.Name, pending.Address, hello.Slots);
        var welcome = Handshake.Welcome(pending.Challenge, hello, options.Token, info.Id, options.Liveness, context.Run.Name);
        var vectors = pending.Link.IsLocal && context.Weights.Shared is { } weights ? OfferMemory(weights, welcome) : null;
        var worker = new WorkerLink(context, pending.Link, info, hello, welcome, vectors);
        registry.Add(worker);
        board.Connected(info, worker.Figures);
        if (former is not null)
        {
            log.Replaced(former.Info.Id, info.Id, info.Name, info.Address);
        }

        worker.Start();
    }

    /// <summary>
    /// Offers a worker of this machine the weights, and vectors for its gradients: for each shard and for all, twice, because what is not
    /// finite is computed again. No step has more spans.
    /// </summary>
    private SharedVectors? OfferMemory(SharedFloats weights, Welcome welcome)
    {
        var vectors = SharedVectors.TryCreate(context.Weights.Length, 2 * (context.Shards + 1));
        welcome.Memory = vectors is null ? null : new SharedMemory
        {
            Process = Environment.ProcessId,
            Weights = weights.Descriptor,
            Gradients = vectors.Descriptor,
            Vectors = vectors.Count,
        };
        return vectors;
    }
}
