using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Gradients;
using Backprop.Shared.Protocol;
using Backprop.Shared.Tensors;

namespace Backprop.Coordinator.Cluster.Links;

/// <summary>
/// One link to a worker process, for as long as it lasts. One thread receives: gradients go from the socket straight into
/// the vector that will be folded, or are folded where the worker computed them. Another sends what the core ordered, and the weights.
/// </summary>
internal sealed class WorkerLink : IDisposable
{
    private readonly LinkContext _run;
    private readonly FrameLink _link;
    private readonly OutstandingOrders _outstanding = new();
    private readonly LinkReceiver _receiver;
    private readonly LinkSender _sender;
    private readonly SharedVectors? _vectors;
    private long _askedAt;
    private string? _reason;
    private ITimer? _closing;

    /// <param name="request">What it said of itself.</param>
    /// <param name="reply">What it is told first; null: it has been told over gRPC.</param>
    /// <param name="vectors">Memory for its gradients that it sees as well; null: they travel.</param>
    public WorkerLink(
        LinkContext run, FrameLink link, WorkerInfo info, JoinRequest request, JoinReply? reply = null, SharedVectors? vectors = null)
    {
        (_run, _link, Info, Request, _vectors) = (run, link, info, request, vectors);
        Id = new WorkerId(info.Id);
        _askedAt = run.Time.GetTimestamp();
        _receiver = new LinkReceiver(run, this, link, reply, _outstanding, vectors);
        _sender = new LinkSender(run, link, info.Name, _outstanding, Close);
    }

    /// <summary>The number by which the core knows it.</summary>
    public WorkerId Id { get; }

    /// <summary>Who it is.</summary>
    public WorkerInfo Info { get; private set; }

    /// <summary>What it said of itself.</summary>
    public JoinRequest Request { get; }

    /// <summary>It has the run, its data, and compiled code; the core knows of it.</summary>
    public bool IsReady { get; private set; }

    /// <summary>It said that it leaves.</summary>
    public bool HasLeft { get; private set; }

    /// <summary>When something was last heard of it, as a timestamp.</summary>
    public long HeardAt => _link.HeardAt;

    /// <summary>When it came, or asked for a piece of a file last, as a timestamp.</summary>
    public long AskedAt => Volatile.Read(ref _askedAt);

    /// <summary>What the connection has carried.</summary>
    public LinkFigures Figures() => new(_link.BytesSent, _link.BytesReceived, HeardAt);

    /// <summary>What the worker is known to do, from what was sent and what has come. From any thread.</summary>
    public WorkerDoing Doing()
    {
        var (orders, partsSent) = _sender.Progress();
        return new WorkerDoing
        {
            Silence = _run.Time.GetElapsedTime(HeardAt),
            Orders = orders,
            Parts = _run.Weights.Partitions.Count,
            PartsSent = partsSent,
            GradientCome = _run.Gradients.ArrivedOf(Id),
        };
    }

    /// <summary>It asked for a piece of a file just now.</summary>
    public void NoteAsked() => Volatile.Write(ref _askedAt, _run.Time.GetTimestamp());

    /// <summary>Begins to receive and to send.</summary>
    public void Start()
    {
        _receiver.Start();
        _sender.Start();
    }

    /// <summary>Leaves an order, to be sent by <see cref="Flush"/>.</summary>
    public void Order(FrameKind kind, in Assignment assignment, int generation) => _sender.Order(kind, in assignment, generation);

    /// <summary>Says that the weights of so many completed steps are to be sent, instead of any older ones.</summary>
    public void Publish(int completed) => _sender.Publish(completed);

    /// <summary>Sends at once what is small, and wakes the sender for the rest. Never waits.</summary>
    public void Flush() => _sender.Flush();

    /// <summary>The last frame, whatever else was to be sent.</summary>
    /// <param name="patience">How long to wait for the end of a frame that is being sent.</param>
    /// <returns>Whether it was sent.</returns>
    public bool Finish(FrameKind kind, Google.Protobuf.IMessage envelope, TimeSpan patience) => _sender.Finish(kind, envelope, patience);

    /// <summary>It is ready.</summary>
    /// <param name="shares">It uses the memory that it was offered.</param>
    public void BeReady(bool shares)
    {
        if (shares)
        {
            // It has opened it, and nobody else needs to.
            _vectors!.CloseDescriptor();
            Info = Info with { SharesMemory = true };
            _sender.StopSendingWeights();
        }
        else
        {
            _vectors?.Dispose();
        }

        IsReady = true;
    }

    /// <summary>It goes by its own wish.</summary>
    public void Leave()
    {
        HasLeft = true;
        Close("it left");
    }

    /// <summary>Ends the connection; the receiving thread then says so, with this reason.</summary>
    public void Close(string reason)
    {
        Interlocked.CompareExchange(ref _reason, reason, null);
        _link.Close();
        _sender.Wake();
    }

    /// <summary>
    /// Closes when the other side has, which it does when it has read the last frame; after a while anyway. To close first could make it
    /// lose what was said.
    /// </summary>
    public void CloseAfter(TimeSpan limit, string reason)
    {
        Interlocked.CompareExchange(ref _reason, reason, null);
        _closing = _run.Time.CreateTimer(_ => Close(reason), null, limit, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The receiving thread has come to its end.</summary>
    /// <param name="reason">How, as that thread saw it.</param>
    public void Ended(string reason)
    {
        _link.Close();
        _sender.Stop();
        _run.Events.Lost(this, _reason ?? reason);
    }

    /// <summary>Waits until the other side has closed, which it does when it has read the last frame; not for ever.</summary>
    /// <returns>Whether it has.</returns>
    public bool AwaitEnd(TimeSpan patience) => _receiver.Join(patience);

    /// <summary>Waits until both threads are gone; the link has been closed.</summary>
    public void Join()
    {
        _receiver.Join(Timeout.InfiniteTimeSpan);
        _sender.Join();
    }

    /// <summary>Nothing that this worker sent or shared is used any more.</summary>
    public void Dispose()
    {
        _closing?.Dispose();
        _link.Dispose();
        _sender.Dispose();
        _vectors?.Dispose();
    }
}
