namespace Backprop.Shared.Protocol;

/// <summary>The envelope of a step's frames.</summary>
internal sealed partial class StepEnvelope
{
    /// <summary>Fields came that this version does not know; the library keeps them, and counts them in the size.</summary>
    public bool HasUnknownFields => _unknownFields is not null;
}
