using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster.Links;

/// <summary>Sends a worker the run, and its data files piece by piece as it asks for them.</summary>
internal sealed class RunHandout(OfferedRun run, FrameLink link, TimeProvider time)
{
    private const int ChunkBytes = 1 << 20;
    private byte[]? _chunk;
    private long _askedAt = time.GetTimestamp();

    /// <summary>When the worker was admitted, or asked for a piece of a file last, as a timestamp.</summary>
    public long AskedAt => Volatile.Read(ref _askedAt);

    /// <summary>The first two frames: that it is admitted, and what the run is.</summary>
    public void Greet(Welcome welcome)
    {
        link.Send(FrameKind.Welcome, welcome);
        link.Send<byte>(FrameKind.Run, run.Offer.Envelope, run.Offer.Payload);
    }

    /// <summary>Sends a piece.</summary>
    /// <exception cref="ProtocolException">There is no such piece.</exception>
    public void Send(FileRequest request)
    {
        Volatile.Write(ref _askedAt, time.GetTimestamp());
        var files = run.Files.Files;
        if ((uint)request.Index >= (uint)files.Count || request.Offset < 0 || request.Offset >= files[request.Index].Size)
        {
            throw new ProtocolException($"it asked for byte {request.Offset} of file {request.Index}, which was not offered");
        }

        _chunk ??= GC.AllocateUninitializedArray<byte>(ChunkBytes);
        var count = run.Files.Read(request.Index, request.Offset, _chunk);
        var piece = new FileChunk { Index = request.Index, Offset = request.Offset };
        link.Send<byte>(FrameKind.FileChunk, piece, _chunk.AsSpan(0, count));
    }

    /// <summary>The worker has all that it needs.</summary>
    public void Release() => _chunk = null;
}
