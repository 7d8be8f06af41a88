using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Backprop.Worker.Protocol;
using Google.Protobuf;

namespace Backprop.Coordinator.Cluster.Sessions;

/// <summary>
/// Sends pieces of a run's data files, by hash; a few at once, so that a herd of workers does not keep the disk from a run.
/// </summary>
internal sealed class FileHandout(FileChunks files) : IDisposable
{
    private const int PieceBytes = 1 << 20;
    private const int ReadsAtOnce = 4;
    private readonly SemaphoreSlim _reads = new(ReadsAtOnce);

    /// <summary>A piece: from the offset on, up to a mebibyte; nothing where the file cannot be read any more.</summary>
    /// <param name="ended">Nobody waits for it any more.</param>
    /// <returns>Null where there is no such file, or no such byte of it.</returns>
    public async Task<FetchReply?> Fetch(FetchRequest request, CancellationToken ended)
    {
        var index = IndexOf(request.Sha256.Span);
        if (index < 0 || request.Offset < 0 || request.Offset >= files.Files[index].Size)
        {
            return null;
        }

        await _reads.WaitAsync(ended);
        try
        {
            var piece = new byte[Math.Min(PieceBytes, files.Files[index].Size - request.Offset)];
            var count = files.Read(index, request.Offset, piece);
            return new FetchReply { Bytes = UnsafeByteOperations.UnsafeWrap(piece.AsMemory(0, count)) };
        }
        finally
        {
            _reads.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _reads.Dispose();

    private int IndexOf(ReadOnlySpan<byte> sha256)
    {
        for (var i = 0; i < files.Files.Count; i++)
        {
            if (sha256.SequenceEqual(files.Files[i].Sha256))
            {
                return i;
            }
        }

        return -1;
    }
}
