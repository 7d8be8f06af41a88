using Microsoft.Win32.SafeHandles;

namespace Backprop.Coordinator.Cluster.Listening;

/// <summary>
/// Whether this process could still open a few files. Strangers must not take the last descriptors: the next checkpoint needs some.
/// </summary>
internal static class DescriptorReserve
{
    private const int Descriptors = 16;
    private const string Nothing = "/dev/null";

    /// <summary>Opens as many as are kept back, and closes them again.</summary>
    public static bool IsThere()
    {
        // Elsewhere a process has no such limit.
        if (OperatingSystem.IsWindows())
        {
            return true;
        }

        var opened = new SafeFileHandle?[Descriptors];
        try
        {
            for (var i = 0; i < opened.Length; i++)
            {
                opened[i] = File.OpenHandle(Nothing, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            }

            return true;
        }
        catch (IOException)
        {
            return false;
        }
        finally
        {
            foreach (var handle in opened)
            {
                handle?.Dispose();
            }
        }
    }
}
