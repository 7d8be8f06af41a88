using System.Net;
using System.Security.Cryptography;
using Backprop.Coordinator.Cluster.Links;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Identity;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Tensors;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Cluster.Sessions;

/// <summary>
/// Who takes part in a run, and how a worker comes in: over gRPC it gets a ticket that opens its link, on a local link it is in at once.
/// From any thread.
/// </summary>
/// <param name="context">What a link needs of the run.</param>
/// <param name="registry">Where links are registered.</param>
/// <param name="linkPort">Where links over a network are opened.</param>
internal sealed class WorkerSessions(
    LinkContext context,
    WorkerRegistry registry,
    ClusterOptions options,
    int linkPort,
    ILogger log,
    WorkerLog workerLog,
    WorkerBoard board) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Tickets _tickets = new();
    private bool _isClosed;
    private readonly Run _offer = context.Run.Offer.Envelope;
    private readonly ByteString _runFile = UnsafeByteOperations.UnsafeWrap(context.Run.Offer.Payload);
    private readonly long _begun = context.Time.GetTimestamp();

    /// <summary>The run's data files.</summary>
    public FileHandout Files { get; } = new(context.Run.Files);

    /// <summary>A worker asks over gRPC: lets it in, or says why not.</summary>
    /// <param name="caller">Where it asks from; its link must come from there too.</param>
    public JoinReply Join(JoinRequest request, IPEndPoint caller)
    {
        lock (_gate)
        {
            var address = caller.ToString();
            if (Judge(request) is { } verdict)
            {
                workerLog.Refused(address, verdict.Reason, stranger: false);
                return new JoinReply { Refusal = verdict.Words };
            }

            var info = new WorkerInfo(registry.NextId(), request.Name, address, request.Slots);
            var ticket = RandomNumberGenerator.GetBytes(Tickets.Bytes);
            _tickets.Issue(ticket, new TicketHolder(info, request, caller.Address), Now);
            var reply = ReplyTo(info);
            (reply.Ticket, reply.LinkPort, reply.RunFile) = (UnsafeByteOperations.UnsafeWrap(ticket), linkPort, _runFile);
            return reply;
        }
    }

    /// <summary>A worker that was let in opens its link.</summary>
    /// <returns>False where it has no good ticket: then nothing was done.</returns>
    public bool TryOpen(Open open, FrameLink link, IPEndPoint caller)
    {
        lock (_gate)
        {
            if (open.Term == options.Term && options.Identity is { } identity)
            {
                return TryAnswer(open, link, caller, identity);
            }

            if (open.Term != options.Term || _tickets.Redeem(open.Ticket.Span, caller.Address, Now) is not { } holder)
            {
                return false;
            }

            Start(new WorkerLink(context, link, holder.Info with { Address = caller.ToString() }, holder.Request));
            return true;
        }
    }

    /// <summary>A worker of this machine asks on its link.</summary>
    /// <returns>Why it may not come in, for the log and for the worker; null: it is in.</returns>
    public (string Reason, Refusal Words)? TryJoin(JoinRequest request, FrameLink link, string address)
    {
        lock (_gate)
        {
            if (Judge(request) is { } verdict)
            {
                return verdict;
            }

            var info = new WorkerInfo(registry.NextId(), request.Name, address, request.Slots);
            var reply = ReplyTo(info);
            var vectors = context.Weights.Shared is { } weights ? OfferMemory(weights, reply) : null;
            Start(new WorkerLink(context, link, info, request, reply, vectors));
            return null;
        }
    }

    /// <summary>Nobody comes in any more, not even who has knocked.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }
    }

    /// <summary>Whether a worker takes part, or is just about to. It is busy then: it has asked for something.</summary>
    public bool Knows(int worker)
    {
        if (registry.Find(new Core.WorkerId(worker)) is { } link)
        {
            link.NoteAsked();
            return true;
        }

        lock (_gate)
        {
            return _tickets.IsWaitedFor(worker, Now);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Files.Dispose();

    /// <summary>A worker has knocked: it has to speak TLS, and to show its ticket within.</summary>
    private bool TryAnswer(Open open, FrameLink link, IPEndPoint caller, IdentityFolder identity)
    {
        if (_tickets.Answer(open.Knock.Span, caller.Address, Now) is not { } known)
        {
            return false;
        }

        var address = caller.ToString();
        LinkHandshake.Begin(
            link,
            identity,
            known.Ticket,
            () => Enter(new WorkerLink(context, link, known.Holder.Info with { Address = address }, known.Holder.Request)),
            why => workerLog.Refused(address, why, stranger: true),
            context.Time);
        return true;
    }

    private void Enter(WorkerLink worker)
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                Start(worker);
                return;
            }
        }

        worker.Dispose();
    }

    private TimeSpan Now => context.Time.GetElapsedTime(_begun);

    /// <summary>Whether a worker may come in.</summary>
    /// <returns>Why not, for the log and for the worker; null: it may.</returns>
    private (string Reason, Refusal Words)? Judge(JoinRequest request)
    {
        if (JoinCheck.Check(request) is { } refusal)
        {
            return (refusal.Reason, refusal);
        }

        if (registry.WasDismissed(request.Instance))
        {
            return (
                "it was dismissed",
                Refusals.Because(ExitCode.Dismissed, "This worker was dismissed: its gradients were not finite where others' were."));
        }

        var former = registry.Find(request.Instance);
        var waiting = _tickets.Find(request.Instance, Now);
        if (request.Incarnation <= former?.Request.Incarnation || request.Incarnation <= waiting?.Request.Incarnation)
        {
            return (
                "a worker of its id is connected already",
                Refusals.Because(ExitCode.Usage, "A worker of this id is connected already; give each its own."));
        }

        var tickets = _tickets.Count(Now) - (waiting is null ? 0 : 1);
        return registry.TryMakePlace(former, tickets) ? null : (
            "too many are making ready already",
            Refusals.Because(ExitCode.TooFewWorkers, "There is no place for another worker: too many are making ready already."));
    }

    /// <summary>A worker is in; the connection that it had before, if that still seems to live, is over.</summary>
    private void Start(WorkerLink worker)
    {
        var former = registry.Find(worker.Request.Instance);
        former?.Close("it came back on a new connection");
        if (registry.All.FirstOrDefault(other => other != former && other.Info.Name == worker.Info.Name) is { } twin)
        {
            log.Warned(
                $"w{twin.Info.Id} and w{worker.Info.Id} are both called {worker.Info.Name}; both compute, and only their numbers tell them "
                + "apart: give each worker its own --name");
        }

        registry.Add(worker);
        board.Connected(worker.Info, worker.Figures);
        if (former is not null)
        {
            log.Replaced(former.Info.Id, worker.Info.Id, worker.Info.Name, worker.Info.Address);
        }

        worker.Start();
    }

    private JoinReply ReplyTo(WorkerInfo info) => new()
    {
        Worker = info.Id,
        Run = context.Run.Name,
        HeartbeatSeconds = options.Liveness.Heartbeat.TotalSeconds,
        SilenceSeconds = options.Liveness.Silence.TotalSeconds,
        Offer = _offer,
        Cluster = options.Cluster,
        Term = options.Term,
    };

    /// <summary>
    /// Offers a worker of this machine the weights, and vectors for its gradients: for each shard and for all, twice, because what is not
    /// finite is computed again. No step has more spans.
    /// </summary>
    private SharedVectors? OfferMemory(SharedFloats weights, JoinReply reply)
    {
        var vectors = SharedVectors.TryCreate(context.Weights.Length, 2 * (context.Shards + 1));
        reply.Memory = vectors is null ? null : new SharedMemory
        {
            Process = Environment.ProcessId,
            Weights = weights.Descriptor,
            Gradients = vectors.Descriptor,
            Vectors = vectors.Count,
        };
        return vectors;
    }
}
