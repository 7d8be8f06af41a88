using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Gradients;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster;

/// <summary>
/// One admitted connection to a worker process, for as long as it lasts. A thread receives: gradients go from the socket straight into
/// the vector that will be folded. Another sends what the core ordered and the weights; small frames are sent by whoever commits. What
/// arrives is judged by step and shape here, by the core otherwise.
/// </summary>
internal sealed partial class WorkerLink : IDisposable
{
    private readonly ClusterRun _run;
    private readonly FrameLink _link;
    private readonly WorkReader _reader = new();
    private Work _received = new();
    private readonly Thread _receiver;
    private readonly Thread _sender;
    private SpanGradient? _incoming;
    private double[] _sums = [];
    private int _lost;

    public WorkerLink(ClusterRun run, FrameLink link, WorkerInfo info, Hello hello, Welcome welcome)
    {
        (_run, _link, Info, Hello, _welcome) = (run, link, info, hello, welcome);
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

    public void Dispose()
    {
        _link.Dispose();
        _wake.Dispose();
    }

    /// <summary>Waits until the other side has closed, which it does when it has read the last frame; not for ever.</summary>
    public void AwaitEnd(TimeSpan patience) => _receiver.Join(patience > TimeSpan.Zero ? patience : TimeSpan.Zero);

    /// <summary>Waits until both threads are gone; the link has been closed.</summary>
    public void Join()
    {
        _receiver.Join();
        _sender.Join();
    }

    private string? _reason;

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
            reason = closed.Message;
        }
        catch (ProtocolException violation)
        {
            reason = violation.Message;
        }
        catch (UserException problem)
        {
            reason = problem.Message;
        }
#pragma warning disable CA1031 // Whatever one worker makes go wrong here ends its connection, with a line in the log, and not the run.
        catch (Exception unforeseen)
#pragma warning restore CA1031
        {
            reason = $"unforeseen: {unforeseen.GetType().Name}: {unforeseen.Message}";
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

    private unsafe void RouteGradient(FrameScanner scanner)
    {
        var (start, elements, length) = (_received.Start, _received.Elements, _run.VectorLength);
        if (elements <= 0 || start < 0 || start > length - elements || scanner.PayloadLength != (long)elements * sizeof(float))
        {
            throw new ProtocolException(
                $"a gradient of elements {start} to {(long)start + elements} in {scanner.PayloadLength} bytes, "
                + $"but the model has {length} elements");
        }

        if (!_run.IsSpan(_received.First, _received.Count))
        {
            throw new ProtocolException($"a gradient of {_received.Count} shards from {_received.First} on, which are no span");
        }

        var span = new ShardSpan(_received.First, _received.Count);
        var goesOn = _incoming is { } begun && begun.Step == _received.Step && begun.Attempt == _received.Attempt && begun.Span == span;
        if (!goesOn)
        {
            Abandon();
        }

        // Of a step that is over, or of a span whose beginning was dropped: read and forgotten.
        if (_received.Step != _run.CurrentStep || (!goesOn && start + elements != length))
        {
            Abandon();
            _run.Dropped();
            scanner.Skip();
            return;
        }

        if (_incoming is null)
        {
            _incoming = _run.Gradients.Rent();
            (_incoming.Worker, _incoming.Step, _incoming.Span) = (Info.Id, _received.Step, span);
            (_incoming.Attempt, _incoming.From, _incoming.IsFinite) = (_received.Attempt, length, true);
            _run.GradientBegan(_incoming);
        }

        if (start + elements != _incoming.From)
        {
            throw new ProtocolException(
                $"a gradient's elements {start} to {start + elements}, where those before {_incoming.From} were due");
        }

        scanner.Into((byte*)(_incoming.Vector.Pointer + start));
    }

    /// <summary>A frame is complete.</summary>
    private void Take()
    {
        var scanner = _link.Scanner;
        switch (scanner.Kind)
        {
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
                    Answers($"evaluation blocks from {_received.First} on");
                    _run.BlocksArrived(this, _received, _sums);
                }

                break;
            case FrameKind.FileRequest when !IsReady:
                SendChunk(Envelopes.Read(FileRequest.Parser, scanner.Envelope));
                break;
            case FrameKind.Ready when !IsReady:
                IsReady = true;
                _chunk = null;
                _run.Ready(this, Envelopes.Read(Shared.Protocol.Ready.Parser, scanner.Envelope).Speed);
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

    private void TakeGradient(bool isVoid)
    {
        if (_incoming is not { } incoming)
        {
            return;
        }

        if (isVoid)
        {
            Abandon();
            return;
        }

        // The partition is still in the cache here.
        var arrived = incoming.Vector.Span.Slice(_received.Start, _received.Elements);
        incoming.IsFinite &= FiniteCheck.All(arrived);
        _run.PartitionArrived(incoming, _received.Start);
    }

    private void TakeSpan()
    {
        var span = new ShardSpan(_received.First, _received.Count);
        if (_incoming is not { From: 0 } whole
            || whole.Step != _received.Step || whole.Attempt != _received.Attempt || whole.Span != span)
        {
            if (_received.Step == _run.CurrentStep)
            {
                throw new ProtocolException($"an answer for shards {span} without the whole of its gradient");
            }

            Abandon();
            return;
        }

        if (!_received.HasLoss)
        {
            throw new ProtocolException($"an answer for shards {span} without their loss");
        }

        Answers($"shards {span}");
        whole.Loss = _received.Loss;
        whole.IsFinite &= _received.Finite && double.IsFinite(_received.Loss);
        _incoming = null;
        _run.SpanArrived(this, whole);
    }

    private void Abandon()
    {
        if (_incoming is { } begun)
        {
            _incoming = null;
            _run.GradientAbandoned(begun);
        }
    }
}
