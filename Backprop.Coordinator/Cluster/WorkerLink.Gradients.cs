using Backprop.Shared.Gradients;
using Backprop.Shared.Protocol;
using Backprop.Shared.Tensors;

namespace Backprop.Coordinator.Cluster;

/// <summary>
/// A gradient on its way in. It comes as payload, or it is in memory that the worker shares and is only announced: what is not announced
/// to the last element and answered for is never used, so what the worker writes there afterwards for another span does no harm.
/// </summary>
internal sealed partial class WorkerLink
{
    private readonly SharedVectors? _vectors;
    private SpanGradient? _incoming;
    private bool _shares;

    /// <summary>A part of a gradient has begun to come, or is there.</summary>
    private unsafe void RouteGradient(FrameScanner scanner)
    {
        var (start, elements, length) = (_received.Start, _received.Elements, _run.VectorLength);
        var bytes = _shares ? 0 : (long)elements * sizeof(float);
        if (elements <= 0 || start < 0 || start > length - elements || scanner.PayloadLength != bytes)
        {
            throw new ProtocolException(
                $"a gradient of elements {start} to {(long)start + elements} in {scanner.PayloadLength} bytes, "
                + $"but the model has {length} elements");
        }

        RequireStep(_received.Step);
        if (!_run.IsSpan(_received.First, _received.Count))
        {
            throw new ProtocolException($"a gradient of {_received.Count} shards from {_received.First} on, which are no span");
        }

        if (_shares && (uint)_received.Vector >= (uint)_vectors!.Count)
        {
            throw new ProtocolException($"a gradient in vector {_received.Vector} of {_vectors.Count}");
        }

        var span = new ShardSpan(_received.First, _received.Count);
        var goesOn = _incoming is { } begun && begun.Step == _received.Step && begun.Attempt == _received.Attempt && begun.Span == span
            && begun.Place == _received.Vector;
        if (!goesOn)
        {
            Abandon();
        }

        // Of a step that is over, or of a span whose beginning was dropped: read and forgotten.
        if (_received.Step != _run.CurrentStep || (!goesOn && start + elements != length))
        {
            Abandon();
            _run.Dropped();
            if (!_shares)
            {
                scanner.Skip();
            }

            return;
        }

        if (_incoming is null)
        {
            _incoming = _run.Gradients.Rent(_shares ? _vectors![_received.Vector] : null);
            (_incoming.Worker, _incoming.Step, _incoming.Span) = (Info.Id, _received.Step, span);
            (_incoming.Attempt, _incoming.From, _incoming.IsFinite) = (_received.Attempt, length, true);
            _incoming.Place = _received.Vector;
            _run.GradientBegan(_incoming);
        }

        if (start + elements != _incoming.From)
        {
            throw new ProtocolException(
                $"a gradient's elements {start} to {start + elements}, where those before {_incoming.From} were due");
        }

        if (!_shares)
        {
            scanner.Into((byte*)(_incoming.Vector.Pointer + start));
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
        var arrived = incoming.Vector.Values.Slice(_received.Start, _received.Elements);
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

        if (!IsOwed())
        {
            throw NotAsked($"shards {span}");
        }

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
