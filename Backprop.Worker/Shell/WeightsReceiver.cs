using Backprop.Shared.Protocol;
using Backprop.Worker.Training;

namespace Backprop.Worker.Shell;

/// <summary>
/// Takes the weights that come in, from the socket into the one place where they are used. They come in order, from element 0 on; from
/// the first of a newer step on, those of the step before are gone. Where they are shared, they are there before they are announced.
/// </summary>
internal sealed class WeightsReceiver(SpanEngine engine, FrameScanner scanner)
{
    private const int Nowhere = -1;
    private readonly bool _shares = engine.Shared is not null;

    /// <summary>How many elements will be here when the current frame is whole; <see cref="Nowhere"/> where it is passed over.</summary>
    private int _receiving = Nowhere;

    /// <summary>The completed steps of the weights that are here or are coming in; -1: none.</summary>
    public int Step { get; private set; } = Nowhere;

    /// <summary>So many elements of them are here.</summary>
    public int Elements { get; private set; }

    /// <summary>A frame has begun: says where its payload belongs.</summary>
    /// <returns>True where it is the first of a newer step: the core must know before the next byte is taken.</returns>
    public bool Begin(StepEnvelope envelope)
    {
        Check(envelope, _shares ? -1 : scanner.PayloadLength / sizeof(float));
        var isNewer = Meet(envelope);
        if (_receiving == Nowhere)
        {
            scanner.Skip();
        }
        else
        {
            scanner.Into(engine.Weights.Slice(envelope.Start, envelope.Elements));
        }

        return isNewer;
    }

    /// <summary>A whole frame without payload: weights that are here already, or a model without any.</summary>
    /// <returns>As <see cref="Begin"/> does.</returns>
    public bool Announce(StepEnvelope envelope)
    {
        Check(envelope, _shares ? envelope.Elements : 0);
        var isNewer = Meet(envelope);
        End();
        return isNewer;
    }

    /// <summary>The frame is whole; a void one brought nothing.</summary>
    public void End()
    {
        if (_receiving != Nowhere && !scanner.IsVoid)
        {
            Elements = _receiving;
        }

        _receiving = Nowhere;
    }

    /// <param name="elements">So many came.</param>
    private void Check(StepEnvelope envelope, int elements)
    {
        if (envelope.Elements < 0 || envelope.Start < 0 || envelope.Elements != elements
            || (long)envelope.Start + envelope.Elements > engine.Partitions.Length || envelope.Step < 0)
        {
            throw new ProtocolException(
                $"The coordinator sent weights of step {envelope.Step} for the elements {envelope.Start} to "
                + $"{(long)envelope.Start + envelope.Elements} in {scanner.PayloadLength} bytes; the model has {engine.Partitions.Length} "
                + "elements.");
        }
    }

    /// <summary>Decides whether weights are taken.</summary>
    /// <returns>True where they are the first of a newer step.</returns>
    private bool Meet(StepEnvelope envelope)
    {
        _receiving = Nowhere;
        var end = envelope.Start + envelope.Elements;
        var isNewer = envelope.Step > Step;
        if (envelope.Step < Step || (!isNewer && end <= Elements))
        {
            return false;
        }

        var next = isNewer ? 0 : Elements;
        if (envelope.Start != next)
        {
            throw new ProtocolException(
                $"The coordinator sent the weights of step {envelope.Step} from element {envelope.Start} on; {next} is next.");
        }

        if (isNewer)
        {
            (Step, Elements) = (envelope.Step, 0);
        }

        _receiving = end;
        return isNewer;
    }
}
