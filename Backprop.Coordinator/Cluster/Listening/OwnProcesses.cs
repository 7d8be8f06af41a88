using System.Globalization;

namespace Backprop.Coordinator.Cluster.Listening;

/// <summary>Which processes belong to this one.</summary>
internal static class OwnProcesses
{
    private const string Parent = "PPid:";

    /// <summary>Whether a process is this one, or one that this one started.</summary>
    /// <param name="process">Its number; 0: the system does not say it, and nobody is believed.</param>
    public static bool Includes(int process)
    {
        if (process == Environment.ProcessId)
        {
            return true;
        }

        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(line => line.StartsWith(Parent, StringComparison.Ordinal));
            return int.TryParse(line?[Parent.Length..], NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out var parent)
                && parent == Environment.ProcessId;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // It is gone already.
            return false;
        }
    }
}
