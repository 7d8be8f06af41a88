using System.Globalization;

namespace Backprop.Shared.Primitives;

/// <summary>How much memory may still be taken: of the machine, and of the container that the process is in.</summary>
internal static class MachineMemory
{
    private const string Groups = "/sys/fs/cgroup";

    /// <summary>Bytes that can be taken without anything being killed; <see cref="long.MaxValue"/> where nobody says.</summary>
    public static long Available()
    {
        if (!OperatingSystem.IsLinux())
        {
            var info = GC.GetGCMemoryInfo();
            return Math.Max(0, info.TotalAvailableMemoryBytes - info.MemoryLoadBytes);
        }

        var own = Lines("/proc/self/cgroup");
        var older = OfGroups($"{Groups}/memory", PathOfGroup(own, 1), 1);
        return Math.Min(OfMachine(), Math.Min(OfGroups(Groups, PathOfGroup(own, 2), 2), older));
    }

    /// <summary>The least of a group and those around it: batch systems and slices set the limit some levels above.</summary>
    /// <param name="root">Where the groups are.</param>
    /// <param name="path">The process' own, below it; inside a container that may not be there, and its own is the root.</param>
    internal static long OfGroups(string root, string path, int version)
    {
        var least = OfGroup(root, version);
        for (; path.Length > 0; path = path[..Math.Max(0, path.LastIndexOf('/'))])
        {
            least = Math.Min(least, OfGroup(root + path, version));
        }

        return least;
    }

    /// <summary>A process' group, as in <c>/user/task_0</c>; empty for the root.</summary>
    /// <param name="lines">Of <c>/proc/self/cgroup</c>: <c>0::PATH</c>, or <c>N:memory:PATH</c> of the older version.</param>
    internal static string PathOfGroup(IEnumerable<string> lines, int version)
    {
        var groups = lines.Select(line => line.Split(':', 3)).Where(parts => parts.Length == 3);
        var own = groups.FirstOrDefault(
            parts => version == 2 ? parts is ["0", "", _] : parts[1].Split(',').Contains("memory"));
        return own is null ? "" : own[2].TrimEnd('/');
    }

    /// <summary>What a container may still take: its limit less what it has, but for pages of files, which can be given up.</summary>
    /// <param name="folder">The control group's folder.</param>
    /// <param name="version">Of the control groups: their files have other names.</param>
    internal static long OfGroup(string folder, int version)
    {
        var (limit, current) = version == 2
            ? ("memory.max", "memory.current")
            : ("memory.limit_in_bytes", "memory.usage_in_bytes");
        var most = Number($"{folder}/{limit}");
        var taken = Number($"{folder}/{current}");
        if (most is null || taken is null)
        {
            return long.MaxValue;
        }

        var files = Line($"{folder}/memory.stat", version == 2 ? "inactive_file" : "total_inactive_file") ?? 0;
        return Math.Max(0, most.Value - taken.Value + files);
    }

    private static long OfMachine()
    {
        const string Path = "/proc/meminfo";
        return Line(Path, "MemAvailable:") is { } memory ? 1024 * (memory + (Line(Path, "SwapFree:") ?? 0)) : long.MaxValue;
    }

    private static long? Number(string path) =>
        Lines(path).FirstOrDefault() is { } text && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number : null;

    private static long? Line(string path, string name) =>
        Lines(path).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).FirstOrDefault(words => words[0] == name) is
            [_, var text, ..] && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string[] Lines(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
