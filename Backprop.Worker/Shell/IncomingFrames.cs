using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Worker.Core;
using Backprop.Worker.Training;

namespace Backprop.Worker.Shell;

/// <summary>What a coordinator sends to a worker that is ready: weights go to their place, all else becomes an input of the core.</summary>
internal sealed class IncomingFrames(FrameLink link, SpanEngine engine, WorkerMailbox core)
{
    /// <summary>
    /// How often it looks before it sleeps: some ten microseconds. Linux from 6.18 on lets a thread that yields to others pay for it with
    /// all the time that it gave away. Workers on full cores that yield for long so push the clock of their cores ahead, and who wakes up
    /// there, like a node that is asked something, waits for seconds.
    /// </summary>
    private const int Looks = 30;

    private readonly StepEnvelopeReader _reader = new();
    private readonly WeightsReceiver _weights = new(engine, link.Scanner);
    private readonly OrderCheck _orders = new(engine);

    /// <summary>So many elements of the newest weights are here.</summary>
    public int Elements => _weights.Elements;

    /// <summary>How the run ended, in the coordinator's word.</summary>
    public string Status { get; private set; } = "";

    /// <summary>Why the coordinator sent this worker away; null: it did not.</summary>
    public UserException? Refusal { get; private set; }

    /// <summary>
    /// Waits for the next frame. Looks for a moment before it sleeps: the next order usually comes soon, and to be woken takes longer
    /// than to look. Whoever else wants the core gets it.
    /// </summary>
    /// <exception cref="LinkClosedException">The connection is over.</exception>
    /// <exception cref="ProtocolException">The coordinator sent what it may not.</exception>
    public void Await()
    {
        for (var look = 0; look < Looks && !link.HasIncoming; look++)
        {
            Thread.Yield();
        }

        Handle(link.Receive());
    }

    /// <summary>Takes what has come, without waiting.</summary>
    /// <exception cref="LinkClosedException">The connection is over.</exception>
    /// <exception cref="ProtocolException">The coordinator sent what it may not.</exception>
    public void Look()
    {
        for (var found = link.TryReceive(); found != ScanEvent.None; found = link.TryReceive())
        {
            Handle(found);
        }
    }

    private void Handle(ScanEvent found)
    {
        var scanner = link.Scanner;
        switch (scanner.Kind)
        {
            case FrameKind.Weights when found == ScanEvent.Envelope:
                TellOfWeights(_weights.Begin(_reader.Read(scanner.Envelope)));
                break;
            case FrameKind.Weights when scanner.PayloadLength == 0:
                TellOfWeights(_weights.Announce(_reader.Read(scanner.Envelope)));
                break;
            case FrameKind.Weights:
                _weights.End();
                break;
            case FrameKind.AssignSpan:
                var span = _reader.Read(scanner.Envelope);
                core.Tell(WorkerInput.Assigned(_orders.Shards(span), span.Generation));
                break;
            case FrameKind.AssignBlocks:
                var blocks = _reader.Read(scanner.Envelope);
                core.Tell(WorkerInput.Assigned(_orders.Blocks(blocks), blocks.Generation));
                break;
            case FrameKind.Cancel:
                var cancelled = _reader.Read(scanner.Envelope);
                core.Tell(WorkerInput.Cancelled(OrderCheck.Cancelled(cancelled), cancelled.Generation));
                break;
            case FrameKind.Finished:
                Status = Envelopes.Read(Finished.Parser, scanner.Envelope).Status;
                core.Tell(WorkerInput.Released());
                break;
            case FrameKind.Dismissed or FrameKind.Refusal:
                Refusal = Refusals.ToException(Envelopes.Read(Backprop.Shared.Protocol.Refusal.Parser, scanner.Envelope));
                core.Tell(WorkerInput.Released());
                break;
            case FrameKind.Heartbeat:
                break;
            default:
                throw new ProtocolException($"The coordinator sent a frame {scanner.Kind} to a worker that is ready.");
        }
    }

    private void TellOfWeights(bool areNewer)
    {
        if (areNewer)
        {
            core.Tell(WorkerInput.WeightsPublished(_weights.Step));
        }
    }
}
