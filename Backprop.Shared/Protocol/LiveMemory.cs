namespace Backprop.Shared.Protocol;

/// <summary>
/// A version for memory that is sent while others may begin to change it: weights, above all, which a slow worker may still be reading
/// from the socket when the next commit sweeps over them. Nobody waits; the frame is marked void.
/// </summary>
internal sealed class LiveMemory
{
    private int _version;

    /// <summary>How often the memory was about to be changed.</summary>
    public int Version => Volatile.Read(ref _version);

    /// <summary>Says that the memory is about to be changed. To be called before the first write.</summary>
    public void Change() => Interlocked.Increment(ref _version);

    /// <summary>
    /// Whether everything that was read since <see cref="Version"/> was <paramref name="version"/> belongs to that version.
    /// </summary>
    public bool StillIs(int version)
    {
        // The reads of the memory must be over before the version is looked at again.
        Interlocked.MemoryBarrier();
        return Version == version;
    }
}
