using Backprop.Coordinator.Core;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster;

/// <summary>
/// What goes to a worker. Orders wait in a bounded ring, before the weights: an order may precede the weights it needs. Of the weights
/// only the newest are ever sent; a set that a commit has overtaken is begun again.
/// </summary>
internal sealed partial class WorkerLink
{
    /// <summary>A worker that has not read so many orders is not there any more.</summary>
    private const int OrdersMaximum = 8192;

    private readonly Welcome _welcome;
    private readonly Lock _gate = new();
    private readonly Lock _sending = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Queue<(FrameKind Kind, Effect Effect)> _orders = new(256);
    private readonly StepEnvelope _sent = new();
    private int _weightsStep = -1;
    private int _partition = -1;
    private volatile bool _closed;
    private volatile bool _finishing;

    /// <summary>Leaves an order, to be sent by <see cref="Flush"/>.</summary>
    public void Order(FrameKind kind, in Effect effect)
    {
        lock (_gate)
        {
            if (_orders.Count >= OrdersMaximum)
            {
                Close($"it has not read {OrdersMaximum} orders");
                return;
            }

            Given(kind);
            _orders.Enqueue((kind, effect));
        }
    }

    /// <summary>Says that the weights of so many completed steps are to be sent, instead of any older ones.</summary>
    public void Publish(int step)
    {
        lock (_gate)
        {
            (_weightsStep, _partition) = (step, 0);
        }
    }

    /// <summary>Sends at once what is small, and wakes the sender for the rest. Never waits.</summary>
    public void Flush()
    {
        int bytes;
        lock (_gate)
        {
            bytes = (_orders.Count * 96) + (_partition >= 0 && !_shares ? _run.WeightsBytes : 0);
        }

        if (_link.CanSendAtOnce(bytes) && _sending.TryEnter())
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

    private void Wake()
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

    private void SendWhatComes()
    {
        try
        {
            while (!_closed)
            {
                if (_wake.Wait(_run.Options.Liveness.Heartbeat))
                {
                    lock (_sending)
                    {
                        SendPending();
                    }
                }
                else if (_run.Options.Liveness.IsHeartbeatDue(_run.Time.GetElapsedTime(_link.SentAt)))
                {
                    _link.Send(FrameKind.Heartbeat, _heartbeat);
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

    private readonly Heartbeat _heartbeat = new();

    private unsafe void SendPending()
    {
        while (!_finishing)
        {
            // Read before the step is looked up: a commit in between is then noticed.
            var version = _run.WeightsLive.Version;
            FrameKind kind;
            Effect effect;
            var partition = -1;
            bool more;
            lock (_gate)
            {
                if (_orders.TryDequeue(out var order))
                {
                    (kind, effect) = (order.Kind, order.Effect);
                }
                else if (_partition >= 0 && !_run.IsUpdating)
                {
                    partition = _partition++;
                    (kind, effect) = (FrameKind.Weights, new Effect { Kind = EffectKind.PublishWeights, Step = _weightsStep });
                    _partition = _shares || _partition == _run.Partitions.Count ? -1 : _partition;
                }
                else
                {
                    break;
                }

                more = _orders.Count > 0 || _partition >= 0;
            }

            (_sent.Step, _sent.First, _sent.Count) = (effect.Step, effect.First, effect.Count);
            (_sent.Attempt, _sent.Generation) = (effect.Attempt, effect.Generation);
            (_sent.Start, _sent.Elements) = (0, 0);
            if (partition < 0)
            {
                _link.Send(kind, _sent, more);
                continue;
            }

            if (_shares)
            {
                // They are where the worker reads them. Should the next commit change them before it does, its answer is late anyway.
                _sent.Elements = _run.VectorLength;
                _link.Send(kind, _sent, more);
                continue;
            }

            var (start, length) = _run.Partitions[partition];
            (_sent.Start, _sent.Elements) = (start, length);
            var whole = _link.Send(
                kind, _sent, (byte*)(_run.WeightsPointer + start), length * sizeof(float), _run.WeightsLive, version, more);
            if (!whole)
            {
                SendAgain(effect.Step, partition);
            }
        }

        // Outside of the lock: this may wait for the other side, and whoever leaves an order must not.
        _link.Flush();
    }

    /// <summary>A commit began meanwhile. Unless it has published its own weights already, go on from here later.</summary>
    private void SendAgain(int step, int partition)
    {
        lock (_gate)
        {
            if (_weightsStep == step)
            {
                _partition = partition;
            }
        }
    }

    /// <summary>The first two frames: that it is admitted, and what the run is.</summary>
    private unsafe void Greet()
    {
        _link.Send(FrameKind.Welcome, _welcome);
        fixed (byte* yaml = _run.Offer.Payload)
        {
            _link.Send(FrameKind.Run, _run.Offer.Envelope, yaml, _run.Offer.Payload.Length);
        }
    }

    private unsafe void SendChunk(FileRequest request)
    {
        const int ChunkBytes = 1 << 20;
        Asked();
        var files = _run.Offer.Files.Files;
        if ((uint)request.Index >= (uint)files.Count || request.Offset < 0 || request.Offset >= files[request.Index].Size)
        {
            throw new ProtocolException($"it asked for byte {request.Offset} of file {request.Index}, which was not offered");
        }

        _chunk ??= GC.AllocateUninitializedArray<byte>(ChunkBytes, pinned: true);
        var count = _run.Offer.Files.Read(request.Index, request.Offset, _chunk);
        fixed (byte* bytes = _chunk)
        {
            _link.Send(FrameKind.FileChunk, new FileChunk { Index = request.Index, Offset = request.Offset }, bytes, count);
        }
    }

    /// <summary>The last frame, whatever else was to be sent.</summary>
    /// <param name="patience">How long to wait for the end of a frame that is being sent.</param>
    /// <returns>Whether it was sent.</returns>
    public bool Finish(FrameKind kind, Google.Protobuf.IMessage envelope, TimeSpan patience)
    {
        _finishing = true;
        try
        {
            if (_link.TrySend(kind, envelope, patience))
            {
                _link.Finish();
                return true;
            }
        }
        catch (LinkClosedException)
        {
            // It is gone already.
        }

        return false;
    }
}
