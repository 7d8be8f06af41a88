using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Backprop.Coordinator.Cluster.Processes;

/// <summary>SIGTERM, for which the runtime has no method.</summary>
internal static partial class Termination
{
    private const int Terminate = 15;

    /// <summary>
    /// Asks a child of this process to end. Only the runtime reaps it, so as long as that shows it alive the number is its own.
    /// </summary>
    /// <returns>Whether it was asked; false also on a system without signals.</returns>
    public static bool Ask(Process child) =>
        !OperatingSystem.IsWindows() && !child.HasExited && Send(child.Id, Terminate) == 0;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Send(int process, int signal);
}
