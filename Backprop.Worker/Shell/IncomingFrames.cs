using Backprop.Shared.Actors;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Worker.Core;
using Backprop.Worker.Training;

namespace Backprop.Worker.Shell;

/// <summary>What a coordinator sends to a worker that is ready: weights go to their place, all else becomes an input of the core.</summary>
internal sealed class IncomingFrames(FrameLink link, SpanEngine engine, WorkerMailbox core)
{
    private const int Looks = 100;

    private readonly YieldingWait _yielding = new(Looks, TimeProvider.System);
    private readonly StepEnvelopeReader _reader = new();
    private readonly WeightsReceiver _weights = new(engine, link.Scanner);
    private readonly OrderCheck _orders = new(engine);

    /// <summary>So many elements of the newest weights are here.</summary>
    public int Elements => _weights.Elements;

    /// <summary>How the run ended, in the coordinator's word.</summary>
    public string Status { get; private set; } = "";

    /// <summary>Why the coordinator sent this worker away; null: it did not.</summary>
    public UserException? Refusal { get; private set; }

    /// <summary>Waits for the next frame. It usually comes soon, so looks for it before it sleeps.</summary>
    /// <exception cref="LinkClosedException">The connection is over.</exception>
    /// <exception cref="ProtocolException">The coordinator sent what it may not.</exception>
    public void Await()
    {
        if (_yielding.Begin())
        {
            LookForNext();
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

    private void LookForNext()
    {
        for (var look = 0; look < _yielding.Looks; look++)
        {
            if (link.HasIncoming)
            {
                _yielding.Found();
                return;
            }

            if (!_yielding.Yield())
            {
                return;
            }
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
