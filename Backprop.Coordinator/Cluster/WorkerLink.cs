using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Tensors;

namespace Backprop.Coordinator.Cluster;

/// <summary>
/// One admitted connection to a worker process, for as long as it lasts. A thread receives: gradients go from the socket straight into
/// the vector that will be folded, or are folded where the worker computed them. Another sends what the core ordered and the weights;
/// small frames are sent by whoever commits. What arrives is judged by step and shape here, by the core otherwise.
/// </summary>
internal sealed partial class WorkerLink : IDisposable
{
    private readonly ClusterRun _run;
    private readonly FrameLink _link;
    private readonly StepEnvelopeReader _reader = new();
    private StepEnvelope _received = new();
    private readonly Thread _receiver;
    private readonly Thread _sender;
    private double[] _sums = [];
    private int _lost;

    /// <param name="vectors">Memory for its gradients that it sees as well; null: they travel.</param>
    public WorkerLink(ClusterRun run, FrameLink link, WorkerInfo info, Hello hello, Welcome welcome, SharedVectors? vectors)
    {
        (_run, _link, Info, Hello, _welcome, _vectors) = (run, link, info, hello, welcome, vectors);
        _receiver = new Thread(Receive) { IsBackground = true, Name = $"backprop from {info.Name}" };
        _sender = new Thread(SendWhatComes) { IsBackground = true, Name = $"backprop to {info.Name}" };
    }

    /// <summary>Who it is now; a worker whose layer threw is admitted again under a new id.</summary>
    public WorkerInfo Info { get; set; }

    /// <summary>What it said of itself.</summary>
    public Hello Hello { get; }

    /// <summary>It has the run, its data, and compiled code; the core knows of it.</summary>
    public bool IsReady { get; private set; }

    /// <summary>It said that it leaves.</summary>
    public bool HasLeft { get; private set; }

    public long BytesSent => _link.BytesSent;

    public long BytesReceived => _link.BytesReceived;

    /// <summary>When something was last heard of it, as a timestamp.</summary>
    public long HeardAt => _link.HeardAt;

    /// <summary>What the connection has carried.</summary>
    public LinkFigures Figures() => new(BytesSent, BytesReceived, HeardAt);

    public void Start()
    {
        Asked();
        _receiver.Start();
        _sender.Start();
    }

    /// <summary>Ends the connection; the receiving thread then says so, with this reason.</summary>
    public void Close(string reason)
    {
        Interlocked.CompareExchange(ref _reason, reason, null);
        _link.Close();
        Wake();
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

    /// <summary>Nothing that this worker sent or shared is used any more.</summary>
    public void Dispose()
    {
        _closing?.Dispose();
        _link.Dispose();
        _wake.Dispose();
        _vectors?.Dispose();
    }

    /// <summary>Waits until the other side has closed, which it does when it has read the last frame; not for ever.</summary>
    /// <returns>Whether it has.</returns>
    public bool AwaitEnd(TimeSpan patience) => _receiver.Join(patience);

    /// <summary>Waits until both threads are gone; the link has been closed.</summary>
    public void Join()
    {
        _receiver.Join();
        _sender.Join();
    }

    private string? _reason;
    private ITimer? _closing;

    private void Receive()
    {
        var reason = "the connection ended";
        try
        {
            Greet();
            while (true)
            {
                if (_link.Receive() == ScanEvent.Envelope)
                {
                    Route();
                }
                else
                {
                    Take();
                }
            }
        }
        catch (LinkClosedException closed)
        {
            reason = Shown.Reason(closed);
        }
        catch (ProtocolException violation)
        {
            reason = Shown.Reason(violation);
        }
        catch (UserException problem)
        {
            reason = Shown.Reason(problem);
        }
#pragma warning disable CA1031 // Whatever one worker makes go wrong here ends its connection, with a line in the log, and not the run.
        catch (Exception unforeseen)
#pragma warning restore CA1031
        {
            reason = $"unforeseen: {unforeseen.GetType().Name}: {Shown.Reason(unforeseen)}";
        }
        finally
        {
            _link.Close();
            Abandon();
            _closed = true;
            Wake();
            if (Interlocked.Exchange(ref _lost, 1) == 0)
            {
                _run.Lost(this, _reason ?? reason);
            }
        }
    }

    /// <summary>A frame with a payload has begun: where its bytes go.</summary>
    private unsafe void Route()
    {
        var scanner = _link.Scanner;
        switch (scanner.Kind)
        {
            case FrameKind.Gradient or FrameKind.BlocksDone when !IsReady:
                throw new ProtocolException($"a {scanner.Kind} frame before it said that it is ready");
            case FrameKind.Gradient:
                _received = _reader.Read(scanner.Envelope);
                RouteGradient(scanner);
                break;
            case FrameKind.BlocksDone:
                _received = _reader.Read(scanner.Envelope);
                var expected = _run.SumsOf(_received.Count);
                if (_received.Count <= 0 || scanner.PayloadLength != expected * sizeof(double))
                {
                    throw new ProtocolException($"{scanner.PayloadLength} bytes of results for {_received.Count} evaluation blocks");
                }

                _sums = GC.AllocateUninitializedArray<double>(expected, pinned: true);
                scanner.Into((byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _sums[0]));
                break;
            default:
                throw new ProtocolException($"a {scanner.Kind} frame with a payload, which a worker never sends");
        }
    }

    /// <summary>A frame is complete.</summary>
    private void Take()
    {
        var scanner = _link.Scanner;
        switch (scanner.Kind)
        {
            case FrameKind.Gradient when _shares && scanner.PayloadLength == 0:
                _received = _reader.Read(scanner.Envelope);
                RouteGradient(scanner);
                TakeGradient(isVoid: false);
                break;
            case FrameKind.Gradient or FrameKind.BlocksDone when scanner.PayloadLength == 0:
                throw new ProtocolException($"a {scanner.Kind} frame with nothing in it");
            case FrameKind.SpanDone when !IsReady:
                throw new ProtocolException("an answer before it said that it is ready");
            case FrameKind.Gradient:
                TakeGradient(scanner.IsVoid);
                break;
            case FrameKind.SpanDone:
                _received = _reader.Read(scanner.Envelope);
                TakeSpan();
                break;
            case FrameKind.BlocksDone:
                if (!scanner.IsVoid)
                {
                    if (!IsOwed())
                    {
                        throw NotAsked($"evaluation blocks from {_received.First} on");
                    }

                    _run.BlocksArrived(this, _received, _sums);
                }

                break;
            case FrameKind.FileRequest when !IsReady:
                SendChunk(Envelopes.Read(FileRequest.Parser, scanner.Envelope));
                break;
            case FrameKind.Ready when !IsReady:
                BeReady(Envelopes.Read(Shared.Protocol.Ready.Parser, scanner.Envelope));
                break;
            case FrameKind.Failure:
                Fail(Envelopes.Read(Failure.Parser, scanner.Envelope));
                break;
            case FrameKind.Leave:
                HasLeft = true;
                Close("it left");
                break;
            case FrameKind.Heartbeat:
                break;
            default:
                throw new ProtocolException($"a {scanner.Kind} frame, which a worker does not send now");
        }
    }

    private void BeReady(Ready ready)
    {
        if (ready.Shares && _vectors is null)
        {
            throw new ProtocolException("a Ready frame of a worker that shares memory, which it was not offered");
        }

        _shares = ready.Shares;
        if (_shares)
        {
            // It has opened it, and nobody else needs to.
            _vectors!.CloseDescriptor();
            Info = Info with { SharesMemory = true };
        }
        else
        {
            _vectors?.Dispose();
        }

        IsReady = true;
        _chunk = null;
        _run.Ready(this, ready.Speed);
    }
}
