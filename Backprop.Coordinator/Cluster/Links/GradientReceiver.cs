using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;
using Backprop.Shared.Protocol;
using Backprop.Shared.Tensors;

namespace Backprop.Coordinator.Cluster.Links;

/// <summary>
/// A worker's gradients on their way into the table. One comes as payload, or it is in memory that the worker shares and is only announced:
/// what is not announced to the last element and answered for is never used, so what the worker writes there afterwards for another span
/// does no harm.
/// </summary>
/// <param name="vectors">Memory for its gradients that it sees as well; null: they travel.</param>
internal sealed class GradientReceiver(LinkContext run, WorkerId worker, SharedVectors? vectors)
{
    private Assignment? _arriving;

    /// <summary>Gradients are in shared memory; they do not travel.</summary>
    public bool Shares { get; set; }

    /// <summary>A part of a gradient has begun to come, or is there.</summary>
    /// <exception cref="ProtocolException">It is no part that could come now.</exception>
    public void Begin(StepEnvelope part, FrameScanner scanner)
    {
        Check(part, scanner.PayloadLength);
        var assignment = AssignmentOf(part);
        var gradient = run.Gradients.Find(worker, in assignment);
        var goesOn = _arriving == assignment && gradient?.Place == part.Vector;
        if (!goesOn)
        {
            Abandon();
        }

        // Of a step that is over, of a span whose beginning was dropped, or answered already: read and forgotten.
        var isBeginning = gradient is null && part.Start + part.Elements == run.Weights.Length;
        if (part.Step != run.Gradients.WantedStep || !(goesOn || isBeginning))
        {
            Abandon();
            run.Events.Dropped();
            if (!Shares)
            {
                scanner.Skip();
            }

            return;
        }

        if (!goesOn)
        {
            gradient = run.Gradients.Open(worker, in assignment, Shares ? vectors![part.Vector] : null, part.Vector);
            _arriving = assignment;
        }

        if (part.Start + part.Elements != gradient!.From)
        {
            throw new ProtocolException(
                $"a gradient's elements {part.Start} to {part.Start + part.Elements}, where those before {gradient.From} were due");
        }

        if (!Shares)
        {
            scanner.Into(gradient.Buffer.Vector.Slice(part.Start, part.Elements));
        }
    }

    /// <summary>A part is complete.</summary>
    /// <param name="isVoid">It changed while it was sent, and is none.</param>
    public void End(StepEnvelope part, bool isVoid)
    {
        if (_arriving is not { } assignment || run.Gradients.Find(worker, in assignment) is not { } gradient)
        {
            return;
        }

        if (isVoid)
        {
            Abandon();
            return;
        }

        // The partition is still in the cache here.
        var finite = FiniteCheck.All(gradient.Buffer.Values.Slice(part.Start, part.Elements));
        run.Gradients.Arrived(gradient, part.Start, finite);
    }

    /// <summary>Whether an answer's gradient has come to the last element; false where its step is over: it counts for nothing.</summary>
    /// <exception cref="ProtocolException">The gradient is not whole, or the loss is missing.</exception>
    public bool IsWhole(StepEnvelope answer)
    {
        var assignment = AssignmentOf(answer);
        if (_arriving != assignment || run.Gradients.Find(worker, in assignment) is not { From: 0 })
        {
            if (answer.Step == run.Gradients.WantedStep)
            {
                throw new ProtocolException($"an answer for shards {assignment.Span} without the whole of its gradient");
            }

            Abandon();
            return false;
        }

        return answer.HasLoss
            ? true
            : throw new ProtocolException($"an answer for shards {assignment.Span} without their loss");
    }

    /// <summary>A whole gradient is answered: it waits for the core's judgement.</summary>
    /// <returns>What is answered, and whether all of it is finite.</returns>
    public (Assignment Answered, bool Finite) Complete(StepEnvelope answer)
    {
        var assignment = AssignmentOf(answer);
        var whole = run.Gradients.Find(worker, in assignment)!;
        _arriving = null;
        return (assignment, run.Gradients.Answer(whole, answer.Loss, answer.Finite && double.IsFinite(answer.Loss)));
    }

    /// <summary>What is arriving will not become whole.</summary>
    public void Abandon()
    {
        if (_arriving is { } assignment)
        {
            _arriving = null;
            run.Gradients.Abandon(worker, in assignment);
        }
    }

    private static Assignment AssignmentOf(StepEnvelope envelope) =>
        Assignment.Shards(envelope.Step, new ShardSpan(envelope.First, envelope.Count), envelope.Attempt);

    private void Check(StepEnvelope part, int payload)
    {
        var (start, elements, length) = (part.Start, part.Elements, run.Weights.Length);
        var bytes = Shares ? 0 : (long)elements * sizeof(float);
        if (elements <= 0 || start < 0 || start > length - elements || payload != bytes)
        {
            throw new ProtocolException(
                $"a gradient of elements {start} to {(long)start + elements} in {payload} bytes, but the model has {length} elements");
        }

        LinkReceiver.RequireStep(part.Step);
        if (!AssignmentOf(part).IsNodeOf(run.Shards))
        {
            throw new ProtocolException($"a gradient of {part.Count} shards from {part.First} on, which are no span");
        }

        if (Shares && (uint)part.Vector >= (uint)vectors!.Count)
        {
            throw new ProtocolException($"a gradient in vector {part.Vector} of {vectors.Count}");
        }
    }
}
