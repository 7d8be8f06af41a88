using Backprop.Shared.Protocol;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Backprop.Tests.Shared.Protocol;

/// <summary>An envelope during whose writing the payload's memory begins to change: the one moment that a test can choose.</summary>
internal sealed class ChangingEnvelope(LiveMemory live) : IMessage, IBufferMessage
{
    private readonly StepEnvelope _work = new() { Step = 1 };

    public MessageDescriptor Descriptor => ((IMessage)_work).Descriptor;

    public int CalculateSize()
    {
        live.Change();
        return _work.CalculateSize();
    }

    public void MergeFrom(CodedInputStream input) => throw new NotSupportedException();

    public void WriteTo(CodedOutputStream output) => _work.WriteTo(output);

    public void InternalMergeFrom(ref ParseContext ctx) => throw new NotSupportedException();

    public void InternalWriteTo(ref WriteContext ctx) => ((IBufferMessage)_work).InternalWriteTo(ref ctx);
}
