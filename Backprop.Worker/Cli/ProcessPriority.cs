using System.Runtime.InteropServices;

namespace Backprop.Worker.Cli;

/// <summary>Makes this process give way to others of its machine.</summary>
internal static partial class ProcessPriority
{
    private const int OfAProcess = 0;
    private const int This = 0;

    /// <summary>
    /// Lowers the calling thread's priority, which each thread that is made from now on inherits. Where that is not possible, nothing
    /// happens: the worker computes the same.
    /// </summary>
    /// <param name="nice">As the command <c>nice</c> has it: 0 changes nothing, 19 is the lowest.</param>
    public static void Lower(int nice)
    {
        if (nice > 0 && OperatingSystem.IsLinux())
        {
            _ = SetPriority(OfAProcess, This, nice);
        }
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int nice);
}
