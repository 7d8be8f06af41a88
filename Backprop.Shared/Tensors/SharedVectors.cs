namespace Backprop.Shared.Tensors;

/// <summary>
/// Flat vectors of one length in memory that two processes see: a worker computes its gradients there, and its coordinator folds them
/// where they are. All are zero at first; those that are never touched cost nothing.
/// </summary>
internal sealed class SharedVectors : IDisposable
{
    private const long BytesMaximum = 1L << 40;
    private const int PageFloats = 1 << 10;
    private const int HugePageFloats = 1 << 19;
    private readonly SharedFloats _floats;
    private readonly FloatBuffer[] _vectors;

    private SharedVectors(SharedFloats floats, int length, int count)
    {
        _floats = floats;
        _vectors = new FloatBuffer[count];
        for (var i = 0; i < count; i++)
        {
            _vectors[i] = floats.View(i * Stride(length), length);
        }
    }

    /// <summary>How many vectors there are.</summary>
    public int Count => _vectors.Length;

    /// <summary>What another process needs, together with this one's id, to open them.</summary>
    public int Descriptor => _floats.Descriptor;

    public FloatBuffer this[int vector] => _vectors[vector];

    /// <summary>New vectors.</summary>
    /// <param name="wished">How many; fewer where that would be more than a process can address.</param>
    /// <returns>Null where this system has no such memory.</returns>
    public static SharedVectors? TryCreate(int length, int wished)
    {
        var count = (int)Math.Clamp(BytesMaximum / (Stride(length) * sizeof(float)), 2, wished);
        return SharedFloats.TryCreate(Stride(length) * count, othersWrite: true) is { } floats
            ? new SharedVectors(floats, length, count)
            : null;
    }

    /// <summary>Opens another process's.</summary>
    /// <returns>Null where that cannot be done, or where they are of another size.</returns>
    public static SharedVectors? TryOpen(int process, int descriptor, int length, int count) =>
        count >= 1 && count <= Math.Max(2, BytesMaximum / (Stride(length) * sizeof(float)))
        && SharedFloats.TryOpen(process, descriptor, Stride(length) * count, writable: true) is { } floats
            ? new SharedVectors(floats, length, count)
            : null;

    /// <summary>Nobody else can open them from now on.</summary>
    public void CloseDescriptor() => _floats.CloseDescriptor();

    public void Dispose() => _floats.Dispose();

    /// <summary>Each begins with a page of its own.</summary>
    private static long Stride(int length)
    {
        var page = length < 2 * HugePageFloats ? PageFloats : HugePageFloats;
        return Math.Max(1, ((long)length + page - 1) / page) * page;
    }
}
