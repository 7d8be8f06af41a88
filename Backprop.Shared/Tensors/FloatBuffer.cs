using System.Buffers;
using System.Runtime.InteropServices;

namespace Backprop.Shared.Tensors;

/// <summary>
/// Floats in native memory: aligned to a cache line, never moved, and for large buffers aligned to and asked for in huge pages. Pages
/// that are never touched cost nothing. Or a view of such memory that belongs to somebody else.
/// </summary>
internal sealed unsafe partial class FloatBuffer : MemoryManager<float>
{
    private const int HugePageBytes = 2 << 20;
    private const int AdviseHugePage = 14;
    private readonly bool _isOwned;
    private float* _pointer;

    /// <summary>Allocates; the content is undefined unless <paramref name="zeroed"/>.</summary>
    public FloatBuffer(int length, bool zeroed = true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        var bytes = Math.Max(1, (nuint)length * sizeof(float));
        var large = bytes >= 2 * HugePageBytes;
        _pointer = (float*)NativeMemory.AlignedAlloc(bytes, large ? HugePageBytes : 64u);
        _isOwned = true;
        AdviseHugePages(_pointer, bytes);
        if (zeroed)
        {
            NativeMemory.Clear(_pointer, bytes);
        }

        GC.AddMemoryPressure((long)bytes);
    }

    private FloatBuffer(float* pointer, int length)
    {
        _pointer = pointer;
        Length = length;
    }

    /// <summary>How many floats.</summary>
    public int Length { get; }

    /// <summary>The first float; valid until disposal.</summary>
    public float* Pointer => _pointer;

    /// <summary>All floats.</summary>
    public Span<float> Values => new(_pointer, Length);

    /// <summary>The same, to be handed on.</summary>
    public FlatVector Vector => new(_pointer, Length);

    /// <summary>Floats in memory that belongs to somebody else and outlives this.</summary>
    public static FloatBuffer Over(float* pointer, int length) => new(pointer, length);

    /// <summary>Asks for huge pages where there is enough of the memory. Only advice: where it is refused, pages stay small.</summary>
    internal static void AdviseHugePages(void* memory, nuint bytes)
    {
        if (bytes >= 2 * HugePageBytes && OperatingSystem.IsLinux())
        {
            _ = Advise(memory, bytes, AdviseHugePage);
        }
    }

    public override Span<float> GetSpan() => Values;

    public override MemoryHandle Pin(int elementIndex = 0) => new(_pointer + elementIndex);

    public override void Unpin()
    {
        // Native memory does not move.
    }

    protected override void Dispose(bool disposing)
    {
        if (_pointer != null && _isOwned)
        {
            NativeMemory.AlignedFree(_pointer);
            _pointer = null;
            GC.RemoveMemoryPressure(Math.Max(1, (long)Length * sizeof(float)));
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
