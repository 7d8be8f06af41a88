namespace Backprop.Shared.Protocol;

/// <summary>What the bytes that were fed to a <see cref="FrameScanner"/> completed.</summary>
internal enum ScanEvent
{
    /// <summary>Nothing yet.</summary>
    None,

    /// <summary>
    /// A frame's envelope is known and checked, and a payload follows: the caller now says where it belongs with
    /// <see cref="FrameScanner.Into(Tensors.FlatVector)"/>, or <see cref="FrameScanner.Skip"/>.
    /// </summary>
    Envelope,

    /// <summary>A whole frame. One without payload is reported by this alone.</summary>
    Frame,
}
