using Backprop.Shared.Gradients;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster.Links;

/// <summary>
/// What goes to a worker. Orders wait in a bounded queue, before the weights: an order may precede the weights it needs. Of the weights
/// only the newest are ever sent; a set that a commit has overtaken is begun again.
/// </summary>
/// <param name="name">Whom the thread sends to.</param>
/// <param name="outstanding">Counts what is ordered.</param>
/// <param name="close">Ends the connection, with a reason.</param>
internal sealed class LinkSender(LinkContext run, FrameLink link, string name, OutstandingOrders outstanding, Action<string> close)
    : IDisposable
{
    /// <summary>A worker that has not read so many orders is not there any more.</summary>
    private const int OrdersMaximum = 8192;

    /// <summary>An order with all that surrounds it.</summary>
    private const int OrderBytes = 96;

    private const int Nothing = -1;
    private readonly Lock _gate = new();
    private readonly Lock _sending = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Queue<(FrameKind Kind, Assignment Assignment, int Generation)> _orders = new(256);
    private readonly StepEnvelope _envelope = new();
    private readonly Heartbeat _heartbeat = new();
    private Thread? _thread;
    private int _weightsStep = Nothing;
    private int _partition = Nothing;
    private volatile bool _shares;
    private volatile bool _closed;
    private volatile bool _finishing;

    /// <summary>Begins to send what comes.</summary>
    public void Start()
    {
        _thread = new Thread(SendWhatComes) { IsBackground = true, Name = $"backprop to {name}" };
        _thread.Start();
    }

    /// <summary>The worker reads the weights where they are: it is only told when they are new.</summary>
    public void StopSendingWeights() => _shares = true;

    /// <summary>Leaves an order, to be sent by <see cref="Flush"/>.</summary>
    public void Order(FrameKind kind, in Assignment assignment, int generation)
    {
        lock (_gate)
        {
            if (_orders.Count >= OrdersMaximum)
            {
                close($"it has not read {OrdersMaximum} orders");
                return;
            }

            if (kind is FrameKind.AssignSpan or FrameKind.AssignBlocks)
            {
                outstanding.Add();
            }

            _orders.Enqueue((kind, assignment, generation));
        }
    }

    /// <summary>Says that the weights of so many completed steps are to be sent, instead of any older ones.</summary>
    public void Publish(int completed)
    {
        lock (_gate)
        {
            (_weightsStep, _partition) = (completed, 0);
        }
    }

    /// <summary>Sends at once what is small, and wakes the thread for the rest. Never waits.</summary>
    public void Flush()
    {
        int bytes;
        lock (_gate)
        {
            bytes = (_orders.Count * OrderBytes) + (_partition >= 0 && !_shares ? run.Weights.Bytes : 0);
        }

        if (link.CanSendAtOnce(bytes) && _sending.TryEnter())
        {
            try
            {
                SendPending();
                return;
            }
            catch (LinkClosedException)
            {
                // The receiver sees it too, and says so.
            }
            finally
            {
                _sending.Exit();
            }
        }

        Wake();
    }

    /// <summary>The last frame, whatever else was to be sent.</summary>
    /// <param name="patience">How long to wait for the end of a frame that is being sent.</param>
    /// <returns>Whether it was sent.</returns>
    public bool Finish(FrameKind kind, Google.Protobuf.IMessage envelope, TimeSpan patience)
    {
        _finishing = true;
        try
        {
            if (link.TrySend(kind, envelope, patience))
            {
                link.Finish();
                return true;
            }
        }
        catch (LinkClosedException)
        {
            // It is gone already.
        }

        return false;
    }

    /// <summary>How many orders wait, and how many parts of the weights have been handed to the system.</summary>
    public (int Orders, int PartsSent) Progress()
    {
        int orders, partition;
        lock (_gate)
        {
            (orders, partition) = (_orders.Count, _partition);
        }

        // Whoever holds it is at a frame that the other side does not take, or not yet.
        var isSending = !_sending.TryEnter();
        if (!isSending)
        {
            _sending.Exit();
        }

        return (orders, (partition < 0 ? run.Weights.Partitions.Count : partition) - (isSending ? 1 : 0));
    }

    /// <summary>Has the thread look for what there is to send.</summary>
    public void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (ObjectDisposedException)
        {
            // The run is over.
        }
    }

    /// <summary>Nothing is sent any more; the link has been closed.</summary>
    public void Stop()
    {
        _closed = true;
        Wake();
    }

    /// <summary>Waits until the thread is gone.</summary>
    public void Join() => _thread?.Join();

    /// <inheritdoc/>
    public void Dispose() => _wake.Dispose();

    private void SendWhatComes()
    {
        try
        {
            while (!_closed)
            {
                if (_wake.Wait(run.Liveness.Heartbeat))
                {
                    lock (_sending)
                    {
                        SendPending();
                    }
                }
                else if (run.Liveness.IsHeartbeatDue(run.Time.GetElapsedTime(link.SentAt)))
                {
                    link.Send(FrameKind.Heartbeat, _heartbeat);
                }
            }
        }
        catch (LinkClosedException)
        {
            // The receiver sees it too, and says so.
        }
        catch (ObjectDisposedException)
        {
            // The run is over.
        }
    }

    private void SendPending()
    {
        while (!_finishing)
        {
            // Read before the step is looked up: a commit in between is then noticed.
            var version = run.Weights.Live.Version;
            if (!TryNext(out var order, out var completed, out var partition, out var more))
            {
                break;
            }

            if (partition == Nothing)
            {
                SendOrder(order.Kind, order.Assignment, order.Generation, more);
            }
            else
            {
                SendWeights(completed, partition, version, more);
            }
        }

        // Outside of the lock: this may wait for the other side, and whoever leaves an order must not.
        link.Flush();
    }

    /// <summary>The next order; where there is none, the next partition of the weights.</summary>
    private bool TryNext(
        out (FrameKind Kind, Assignment Assignment, int Generation) order, out int completed, out int partition, out bool more)
    {
        (completed, partition, more) = (0, Nothing, false);
        lock (_gate)
        {
            if (!_orders.TryDequeue(out order))
            {
                if (_partition < 0 || run.Weights.IsUpdating)
                {
                    return false;
                }

                (completed, partition) = (_weightsStep, _partition++);
                _partition = _shares || _partition == run.Weights.Partitions.Count ? Nothing : _partition;
            }

            more = _orders.Count > 0 || _partition >= 0;
            return true;
        }
    }

    private void SendOrder(FrameKind kind, in Assignment assignment, int generation, bool more)
    {
        (_envelope.Step, _envelope.First, _envelope.Count) = (assignment.Step, assignment.First, assignment.Count);
        (_envelope.Attempt, _envelope.Generation) = (assignment.Attempt, generation);
        (_envelope.Start, _envelope.Elements) = (0, 0);
        link.Send(kind, _envelope, more);
    }

    private void SendWeights(int completed, int partition, int version, bool more)
    {
        (_envelope.Step, _envelope.First, _envelope.Count, _envelope.Attempt, _envelope.Generation) = (completed, 0, 0, 0, 0);
        if (_shares)
        {
            // They are where the worker reads them. Should the next commit change them before it does, its answer is late anyway.
            (_envelope.Start, _envelope.Elements) = (0, run.Weights.Length);
            link.Send(FrameKind.Weights, _envelope, more);
            return;
        }

        var (start, length) = run.Weights.Partitions[partition];
        (_envelope.Start, _envelope.Elements) = (start, length);
        var part = run.Weights.Vector.Slice(start, length);
        var whole = link.Send(FrameKind.Weights, _envelope, part, run.Weights.Live, version, more);
        if (!whole)
        {
            SendAgain(completed, partition);
        }
    }

    /// <summary>A commit began meanwhile. Unless it has published its own weights already, go on from here later.</summary>
    private void SendAgain(int completed, int partition)
    {
        lock (_gate)
        {
            if (_weightsStep == completed)
            {
                _partition = partition;
            }
        }
    }
}
