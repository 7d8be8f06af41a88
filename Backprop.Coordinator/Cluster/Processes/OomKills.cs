using System.Globalization;

namespace Backprop.Coordinator.Cluster.Processes;

/// <summary>
/// How often the kernel killed a process of this cgroup because memory ran out: a killed process itself cannot say why. Where there is no
/// such count (another system, no cgroup of its own), nothing is known.
/// </summary>
/// <param name="root">Where the system's folders begin.</param>
internal sealed class OomKills(string root = "")
{
    private const string Groups = "/sys/fs/cgroup";
    private const string Counter = "oom_kill ";
    private long _explained = long.MinValue;

    /// <summary>The count now; null where it cannot be known.</summary>
    public long? Count()
    {
        try
        {
            return FilesOf(File.ReadAllText($"{root}/proc/self/cgroup"))
                .Select(file => root + file)
                .Where(File.Exists)
                .Select(file => CountIn(File.ReadAllText(file)))
                .FirstOrDefault(count => count is not null);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// Whether memory is why a process was killed; null where that cannot be known. What explains one death does not explain another.
    /// </summary>
    /// <param name="before">The count when the process was started.</param>
    public bool? Explains(long? before)
    {
        if (before is not { } known || Count() is not { } count)
        {
            return null;
        }

        var explained = Math.Max(known, _explained);
        if (count <= explained)
        {
            return false;
        }

        _explained = explained + 1;
        return true;
    }

    /// <summary>
    /// The files that may hold the count, the best first. In a container the path is often that of the machine, while its own group
    /// stands at the top.
    /// </summary>
    /// <param name="own">The text of <c>/proc/self/cgroup</c>: lines <c>number:controllers:path</c>.</param>
    internal static IEnumerable<string> FilesOf(string own)
    {
        var lines = own.Split('\n').Select(line => line.Split(':', 3)).Where(parts => parts.Length == 3).ToArray();

        // Where version 1 has the memory controller, version 2 has no count of it.
        foreach (var path in lines.Where(parts => parts[1].Split(',').Contains("memory")).Select(parts => parts[2].TrimEnd('/')))
        {
            yield return $"{Groups}/memory{path}/memory.oom_control";
            yield return $"{Groups}/memory/memory.oom_control";
        }

        foreach (var path in lines.Where(parts => parts[1].Length == 0).Select(parts => parts[2].TrimEnd('/')))
        {
            yield return $"{Groups}{path}/memory.events";
            yield return $"{Groups}/memory.events";
        }
    }

    /// <summary>The count in such a file; null where it has none.</summary>
    internal static long? CountIn(string text) => text.Split('\n')
        .Where(line => line.StartsWith(Counter, StringComparison.Ordinal))
        .Select(line => long.TryParse(line.AsSpan(Counter.Length), CultureInfo.InvariantCulture, out var count) ? count : (long?)null)
        .FirstOrDefault();
}
