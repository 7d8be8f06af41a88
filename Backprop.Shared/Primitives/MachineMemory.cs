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

        return Math.Min(OfMachine(), Math.Min(OfGroup($"{Groups}{PathOfGroup()}", 2), OfGroup($"{Groups}/memory", 1)));
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

    /// <summary>The group of this process: inside a container it is the root.</summary>
    private static string PathOfGroup()
    {
        var line = Lines("/proc/self/cgroup").FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal));
        var path = line is null ? "" : line["0::".Length..].TrimEnd('/');
        return Directory.Exists(Groups + path) ? path : "";
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
