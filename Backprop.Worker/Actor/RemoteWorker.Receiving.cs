using System.Numerics;
using Backprop.Shared.Gradients;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Worker.Core;

namespace Backprop.Worker.Actor;

/// <summary>What the coordinator sends.</summary>
internal sealed unsafe partial class RemoteWorker
{
    /// <summary>A run's assignments wait here, and some that were given twice.</summary>
    private const int QueueMargin = 64;

    private const int Nowhere = -1;

    /// <summary>The completed steps of the weights that are here or are coming in; they come in order, from element 0 on.</summary>
    private int _arriving = Nowhere;

    /// <summary>So many elements of them are here.</summary>
    private int _have;

    /// <summary>How many will be when the current frame is whole; <see cref="Nowhere"/> where it is passed over.</summary>
    private int _receiving = Nowhere;

    private void Handle(ScanEvent found)
    {
        var scanner = _link.Scanner;
        switch (scanner.Kind)
        {
            case FrameKind.Weights when found == ScanEvent.Envelope:
                BeginWeights(_reader.Read(scanner.Envelope), scanner);
                break;
            case FrameKind.Weights:
                EndWeights(scanner);
                break;
            case FrameKind.AssignSpan:
                var span = _reader.Read(scanner.Envelope);
                CheckSpan(span);
                Tell(WorkerInput.SpanAssigned(span.Step, span.First, span.Count, span.Attempt, span.Generation));
                break;
            case FrameKind.AssignBlocks:
                var blocks = _reader.Read(scanner.Envelope);
                CheckBlocks(blocks);
                Tell(WorkerInput.BlocksAssigned(blocks.Step, blocks.First, blocks.Count, blocks.Attempt, blocks.Generation));
                break;
            case FrameKind.Cancel:
                Cancel(_reader.Read(scanner.Envelope));
                break;
            case FrameKind.Finished:
                _finished = Envelopes.Read(Finished.Parser, scanner.Envelope);
                break;
            case FrameKind.Dismissed or FrameKind.Refusal:
                throw Refusals.ToException(Envelopes.Read(Refusal.Parser, scanner.Envelope));
            case FrameKind.Heartbeat:
                break;
            default:
                throw new ProtocolException($"The coordinator sent a frame {scanner.Kind} to a worker that is ready.");
        }
    }

    private void Tell(in WorkerInput input) => WorkerCore.Advance(_state, input, _effects);

    private void Cancel(StepEnvelope work)
    {
        // The envelope does not say which of the two it was; spans and blocks of one number are never there at the same time.
        var span = new Assignment(false, work.Step, work.First, work.Count, work.Attempt);
        Tell(WorkerInput.Cancelled(span, work.Generation));
        Tell(WorkerInput.Cancelled(span with { IsEvaluation = true }, work.Generation));
        _sender.Drop(span);
    }

    private void BeginWeights(StepEnvelope work, FrameScanner scanner)
    {
        CheckWeights(work, _shares ? -1 : scanner.PayloadLength / sizeof(float));
        Meet(work);
        if (_receiving == Nowhere)
        {
            scanner.Skip();
        }
        else
        {
            scanner.Into((byte*)(_engine.Weights + work.Start));
        }
    }

    /// <param name="elements">So many came.</param>
    private void CheckWeights(StepEnvelope work, int elements)
    {
        if (work.Elements < 0 || work.Start < 0 || work.Elements != elements
            || (long)work.Start + work.Elements > _engine.Partitions.Length || work.Step < 0)
        {
            throw new ProtocolException(
                $"The coordinator sent weights of step {work.Step} for the elements {work.Start} to {(long)work.Start + work.Elements} in "
                + $"{_link.Scanner.PayloadLength} bytes; the model has {_engine.Partitions.Length} elements.");
        }
    }

    /// <summary>Decides whether weights are taken. From the first of a new step on, those of the step before are gone.</summary>
    private void Meet(StepEnvelope work)
    {
        _receiving = Nowhere;
        if (work.Step < _arriving || (work.Step == _arriving && work.Start + work.Elements <= _have))
        {
            return;
        }

        if (work.Start != (work.Step == _arriving ? _have : 0))
        {
            var next = work.Step == _arriving ? _have : 0;
            throw new ProtocolException(
                $"The coordinator sent the weights of step {work.Step} from element {work.Start} on; {next} is next.");
        }

        if (work.Step > _arriving)
        {
            (_arriving, _have) = (work.Step, 0);
            _sender.DropUpTo(work.Step);
            Tell(WorkerInput.WeightsPublished(work.Step));
        }

        _receiving = work.Start + work.Elements;
    }

    private void EndWeights(FrameScanner scanner)
    {
        if (scanner.PayloadLength == 0)
        {
            // Weights that are here already, or a model without any; there was no envelope before.
            var work = _reader.Read(scanner.Envelope);
            CheckWeights(work, _shares ? work.Elements : 0);
            Meet(work);
        }

        if (_receiving != Nowhere && !scanner.IsVoid)
        {
            _have = _receiving;
        }

        _receiving = Nowhere;
    }

    private void CheckSpan(StepEnvelope work)
    {
        var shards = _engine.Run.File.Shards;
        if (work.Step < 1 || work.Count < 1 || !BitOperations.IsPow2(work.Count) || work.First < 0 || work.First % work.Count != 0
            || (long)work.First + work.Count > shards)
        {
            throw new ProtocolException(
                $"The coordinator assigned {work.Count} shards from {work.First} on of step {work.Step}, which is no span of {shards}.");
        }
    }

    private void CheckBlocks(StepEnvelope work)
    {
        var blocks = _engine.Evaluation?.Fold.Blocks ?? 0;
        if (work.Step < 0 || work.Count < 1 || work.First < 0 || (long)work.First + work.Count > blocks)
        {
            throw new ProtocolException(
                $"The coordinator assigned {work.Count} evaluation blocks from {work.First} on; the test part has {blocks}.");
        }
    }
}
