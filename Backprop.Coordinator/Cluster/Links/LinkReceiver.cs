using Backprop.Shared.Gradients;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Tensors;

namespace Backprop.Coordinator.Cluster.Links;

/// <summary>
/// What comes from a worker, on a thread of its own. It is judged by kind, step and shape here, by the core otherwise; whatever is wrong
/// with it ends this connection and nothing else.
/// </summary>
internal sealed class LinkReceiver
{
    private readonly LinkContext _run;
    private readonly WorkerLink _worker;
    private readonly FrameLink _link;
    private readonly JoinReply? _reply;
    private readonly OutstandingOrders _outstanding;
    private readonly GradientReceiver _gradients;
    private readonly StepEnvelopeReader _reader = new();
    private readonly Thread _thread;
    private readonly bool _mayShare;
    private StepEnvelope _received = new();
    private double[] _sums = [];

    /// <param name="reply">What the worker is told first; null: it has been told over gRPC.</param>
    /// <param name="vectors">Memory for its gradients that it sees as well; null: they travel.</param>
    public LinkReceiver(
        LinkContext run, WorkerLink worker, FrameLink link, JoinReply? reply, OutstandingOrders outstanding, SharedVectors? vectors)
    {
        (_run, _worker, _link, _reply, _outstanding) = (run, worker, link, reply, outstanding);
        _mayShare = vectors is not null;
        _gradients = new GradientReceiver(run, worker.Id, vectors);
        _thread = new Thread(Receive) { IsBackground = true, Name = $"backprop from {worker.Info.Name}" };
    }

    /// <summary>Begins to receive.</summary>
    public void Start() => _thread.Start();

    /// <summary>Waits until the connection has ended; not longer than that.</summary>
    /// <returns>Whether it has.</returns>
    public bool Join(TimeSpan patience) => _thread.Join(patience);

    /// <exception cref="ProtocolException">There is no such step.</exception>
    public static void RequireStep(int step)
    {
        if (step < 1)
        {
            throw new ProtocolException($"something about step {step}; the first is 1");
        }
    }

    private void Receive()
    {
        var reason = "the connection ended";
        try
        {
            if (_reply is not null)
            {
                _link.Send<byte>(FrameKind.Joined, _reply, _run.Run.Offer.Payload);
            }

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
        catch (Exception known) when (known is LinkClosedException or ProtocolException or UserException)
        {
            reason = Shown.Reason(known);
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
            _gradients.Abandon();
            _worker.Ended(reason);
        }
    }

    /// <summary>A frame with a payload has begun: where its bytes go.</summary>
    private void Route()
    {
        var scanner = _link.Scanner;
        switch (scanner.Kind)
        {
            case FrameKind.Gradient or FrameKind.BlocksDone when !_worker.IsReady:
                throw new ProtocolException($"a {scanner.Kind} frame before it said that it is ready");
            case FrameKind.Gradient:
                _received = _reader.Read(scanner.Envelope);
                _gradients.Begin(_received, scanner);
                break;
            case FrameKind.BlocksDone:
                _received = _reader.Read(scanner.Envelope);
                RouteResults(scanner);
                break;
            default:
                throw new ProtocolException($"a {scanner.Kind} frame with a payload, which a worker never sends");
        }
    }

    private void RouteResults(FrameScanner scanner)
    {
        var expected = _run.Results.SumsOf(_received.Count);
        if (_received.Count <= 0 || scanner.PayloadLength != expected * sizeof(double))
        {
            throw new ProtocolException($"{scanner.PayloadLength} bytes of results for {_received.Count} evaluation blocks");
        }

        _sums = GC.AllocateUninitializedArray<double>(expected, pinned: true);
        scanner.IntoPinned(_sums.AsSpan());
    }

    /// <summary>A frame is complete.</summary>
    private void Take()
    {
        var scanner = _link.Scanner;
        switch (scanner.Kind)
        {
            case FrameKind.Gradient when _gradients.Shares && scanner.PayloadLength == 0:
                _received = _reader.Read(scanner.Envelope);
                _gradients.Begin(_received, scanner);
                _gradients.End(_received, isVoid: false);
                break;
            case FrameKind.Gradient or FrameKind.BlocksDone when scanner.PayloadLength == 0:
                throw new ProtocolException($"a {scanner.Kind} frame with nothing in it");
            case FrameKind.SpanDone when !_worker.IsReady:
                throw new ProtocolException("an answer before it said that it is ready");
            case FrameKind.Gradient:
                _gradients.End(_received, scanner.IsVoid);
                break;
            case FrameKind.SpanDone:
                TakeSpan(_reader.Read(scanner.Envelope));
                break;
            case FrameKind.BlocksDone when scanner.IsVoid:
                break;
            case FrameKind.BlocksDone:
                TakeResults();
                break;
            case FrameKind.Ready when !_worker.IsReady:
                TakeReady(Envelopes.Read(Ready.Parser, scanner.Envelope));
                break;
            case FrameKind.Failure:
                TakeFailure(Envelopes.Read(Failure.Parser, scanner.Envelope));
                break;
            case FrameKind.Leave:
                _worker.Leave();
                break;
            case FrameKind.Heartbeat:
                break;
            default:
                throw new ProtocolException($"a {scanner.Kind} frame, which a worker does not send now");
        }
    }

    private void TakeSpan(StepEnvelope answer)
    {
        if (_gradients.IsWhole(answer))
        {
            if (!_outstanding.TryAnswer())
            {
                throw NotAsked($"shards {answer.First}+{answer.Count}");
            }

            var (answered, finite) = _gradients.Complete(answer);
            _run.Events.SpanAnswered(_worker, in answered, finite);
        }
    }

    private void TakeResults()
    {
        if (!_outstanding.TryAnswer())
        {
            throw NotAsked($"evaluation blocks from {_received.First} on");
        }

        var answered = Assignment.Blocks(_received.Step, _received.First, _received.Count, _received.Attempt);
        _run.Results.Add(_worker.Id, in answered, _sums);
        _run.Events.BlocksAnswered(_worker, in answered);
    }

    private void TakeReady(Ready ready)
    {
        if (ready.Shares && !_mayShare)
        {
            throw new ProtocolException("a Ready frame of a worker that shares memory, which it was not offered");
        }

        _gradients.Shares = ready.Shares;
        _worker.BeReady(ready.Shares);
        _run.Events.Ready(_worker, ready.Speed);
    }

    private void TakeFailure(Failure failure)
    {
        _gradients.Abandon();
        var failed = new Assignment(failure.Evaluation, failure.Step, failure.First, failure.Count, failure.Attempt);
        if (_worker.IsReady)
        {
            RequireStep(failed.Step);
            if (failed.IsEvaluation ? failed.First < 0 || failed.Count <= 0 : !failed.IsNodeOf(_run.Shards))
            {
                throw new ProtocolException($"a failure at {failed.Count} shards or blocks from {failed.First} on, which are none");
            }

            if (!_outstanding.TryAnswer())
            {
                throw NotAsked($"step {failure.Step}");
            }
        }

        _run.Events.LayerFailed(_worker, in failed, WireText.Sentence(failure.Message));
    }

    /// <summary>For each answer, or failure instead of one, there was an order.</summary>
    private static ProtocolException NotAsked(string what) => new($"an answer for {what}, which nobody had asked of it");
}
