using System.Runtime.CompilerServices;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Kernels;

/// <summary>
/// Subnormal numbers are part of the results' bits, and a native library in the process may have switched a thread to flushing them to
/// zero. Every compute thread asks once, at its start.
/// </summary>
public static class Subnormals
{
    /// <summary>Throws where the current thread flushes subnormal results or arguments to zero.</summary>
    /// <exception cref="UserException">This thread's results would differ from those of other machines.</exception>
    public static void Check()
    {
        if (AreKept(0x0080_0000, 0.5f))
        {
            return;
        }

        throw new UserException(
            ExitCode.Unexpected,
            $"Thread {Environment.CurrentManagedThreadId} flushes subnormal numbers to zero, so its results would differ " +
            "from other workers'; remove the native library or the setting that switches this on.");
    }

    /// <summary>Halves the smallest normal number and doubles the result again; what is flushed on the way is missing at the end.</summary>
    // Not inlined, so that the thread computes it, and not the compiler.
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static bool AreKept(uint smallestNormal, float half)
    {
        var normal = BitConverter.UInt32BitsToSingle(smallestNormal);
        var subnormal = normal * half;
        return BitConverter.SingleToUInt32Bits(subnormal) == 0x0040_0000 && subnormal / half == normal;
    }
}
