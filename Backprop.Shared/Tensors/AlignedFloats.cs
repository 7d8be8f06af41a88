using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Backprop.Shared.Tensors;

/// <summary>Floats of the garbage collector's that begin at a cache line, for small scratch memory that nobody disposes of.</summary>
internal static class AlignedFloats
{
    private const int Line = 16;

    /// <summary>New floats; their content is undefined.</summary>
    public static unsafe Memory<float> Allocate(int length)
    {
        // Pinned, so that the alignment found here lasts.
        var array = GC.AllocateUninitializedArray<float>(length + Line, pinned: true);
        var address = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array));
        var offset = (int)((Line - (address / sizeof(float) % Line)) % Line);
        return array.AsMemory(offset, length);
    }
}
