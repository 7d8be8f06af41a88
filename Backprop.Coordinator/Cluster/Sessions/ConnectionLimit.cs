using System.Globalization;

namespace Backprop.Coordinator.Cluster.Sessions;

/// <summary>
/// How many connections the server takes at once: strangers must not take the last file descriptors, because the next checkpoint and the
/// links need some, and a node's libraries alone are about 250 open files.
/// </summary>
internal static class ConnectionLimit
{
    private const int Most = 4096;
    private const int Least = 8;
    private const int KeptBack = 512;
    private const int Usual = 1024;

    /// <summary>The limit. Pure.</summary>
    /// <param name="descriptors">So many may the process have.</param>
    /// <param name="links">So many links may there be.</param>
    public static int Of(int descriptors, int links) =>
        Math.Clamp(descriptors - KeptBack - links, Math.Clamp(descriptors / 8, Least, Most), Most);

    /// <summary>How many descriptors this process may have.</summary>
    public static int Descriptors()
    {
        const string Label = "Max open files";
        try
        {
            var line = File.ReadLines("/proc/self/limits").FirstOrDefault(line => line.StartsWith(Label, StringComparison.Ordinal));
            var words = line?[Label.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return words is [var soft, ..] && long.TryParse(soft, CultureInfo.InvariantCulture, out var number)
                ? (int)Math.Min(number, int.MaxValue)
                : Most * 2;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // Another system than Linux.
            return Usual;
        }
    }
}
