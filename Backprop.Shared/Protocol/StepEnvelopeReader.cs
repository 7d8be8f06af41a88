using Google.Protobuf;

namespace Backprop.Shared.Protocol;

/// <summary>Reads the envelopes of a step's frames into one instance, again and again, without allocating.</summary>
internal sealed class StepEnvelopeReader
{
    private StepEnvelope _work = new();

    /// <summary>The message of the envelope; the next call overwrites it.</summary>
    /// <exception cref="ProtocolException">
    /// It is none, or it is not written in the one canonical way: fields that this version does not know, twice the same field, a zero
    /// written out. What is unknown would otherwise pile up in the instance.
    /// </exception>
    public StepEnvelope Read(ReadOnlySpan<byte> envelope)
    {
        var work = _work;
        work.Step = 0;
        work.First = 0;
        work.Count = 0;
        work.Attempt = 0;
        work.Generation = 0;
        work.Start = 0;
        work.Elements = 0;
        work.Finite = false;
        work.ClearLoss();
        work.Vector = 0;
        try
        {
            work.MergeFrom(envelope);
        }
        catch (InvalidProtocolBufferException exception)
        {
            _work = new StepEnvelope();
            throw Envelopes.Unreadable(nameof(StepEnvelope), exception);
        }

        if (work.HasUnknownFields || work.CalculateSize() != envelope.Length)
        {
            _work = new StepEnvelope();
            throw Envelopes.Unreadable(nameof(StepEnvelope));
        }

        return work;
    }
}
