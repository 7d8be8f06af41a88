using System.Buffers;
using System.Runtime.InteropServices;

namespace Backprop.Shared.Tensors;

/// <summary>
/// Floats in native memory: aligned to a cache line, never moved, and for large buffers aligned to and asked for in huge pages. Pages
/// that are never touched cost nothing.
/// </summary>
internal sealed unsafe partial class FloatBuffer : MemoryManager<float>
{
    private const int HugePageBytes = 2 << 20;
    private const int AdviseHugePages = 14;
    private float* _pointer;

    /// <summary>Allocates; the content is undefined unless <paramref name="zeroed"/>.</summary>
    public FloatBuffer(int length, bool zeroed = true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        var bytes = Math.Max(1, (nuint)length * sizeof(float));
        var large = bytes >= 2 * HugePageBytes;
        _pointer = (float*)NativeMemory.AlignedAlloc(bytes, large ? HugePageBytes : 64u);
        if (large && OperatingSystem.IsLinux())
        {
            // Only advice: where it is refused, pages stay small.
            _ = Advise(_pointer, bytes, AdviseHugePages);
        }

        if (zeroed)
        {
            NativeMemory.Clear(_pointer, bytes);
        }

        GC.AddMemoryPressure((long)bytes);
    }

    /// <summary>How many floats.</summary>
    public int Length { get; }

    /// <summary>The first float; valid until disposal.</summary>
    public float* Pointer => _pointer;

    /// <summary>All floats.</summary>
    public Span<float> Span => new(_pointer, Length);

    public override Span<float> GetSpan() => Span;

    public override MemoryHandle Pin(int elementIndex = 0) => new(_pointer + elementIndex);

    public override void Unpin()
    {
        // Native memory does not move.
    }

    protected override void Dispose(bool disposing)
    {
        if (_pointer != null)
        {
            NativeMemory.AlignedFree(_pointer);
            _pointer = null;
            GC.RemoveMemoryPressure(Math.Max(1, (long)Length * sizeof(float)));
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
