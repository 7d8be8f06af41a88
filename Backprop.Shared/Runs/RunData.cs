using System.Reflection;
using System.Security.Cryptography;
using Backprop.Shared.Data;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Runs;

/// <summary>A file that a run's data is read from.</summary>
/// <param name="Name">Its name without folders.</param>
/// <param name="Path">Its full path on this machine.</param>
/// <param name="Size">How many bytes it has, packed as it is.</param>
/// <param name="Sha256">Their SHA-256.</param>
internal sealed record RunDataFile(string Name, string Path, long Size, byte[] Sha256);

/// <summary>Which files the sources of a run file name (<see cref="FilePathAttribute"/>), and the same run file with other paths.</summary>
internal static class RunData
{
    /// <summary>The files with their sizes and hashes, each once, in the order of the run file.</summary>
    /// <exception cref="UserException">One cannot be read (exit code 2).</exception>
    public static IReadOnlyList<RunDataFile> FilesOf(RunFile run) => [.. PathsOf(run).Select(Describe)];

    /// <summary>The full paths of the files, each once, in the order of the run file.</summary>
    public static IReadOnlyList<string> PathsOf(RunFile run) =>
        [.. Sources(run).SelectMany(source => Settings(source).Select(s => s.GetValue(source)).OfType<string>())
            .Select(path => Full(run, path)).Distinct()];

    /// <summary>The same run with its data at other places; what determines its result is the same.</summary>
    /// <param name="places">For each of <see cref="PathsOf"/> the path to read instead; one that is missing stays.</param>
    public static RunFile At(RunFile run, IReadOnlyDictionary<string, string> places) => run with
    {
        Data = run.Data with
        {
            Train = Moved(run, run.Data.Train, places),
            Test = run.Data.Test is { } test ? Moved(run, test, places) : null,
        },
    };

    /// <summary>The SHA-256 of a file.</summary>
    public static byte[] HashOf(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        return SHA256.HashData(stream);
    }

    private static IEnumerable<SourceSpec> Sources(RunFile run) => run.Data.Test is { } test ? [run.Data.Train, test] : [run.Data.Train];

    private static IEnumerable<PropertyInfo> Settings(SourceSpec source) => source.GetType().GetProperties()
        .Where(p => p.GetCustomAttribute<FilePathAttribute>() is not null && p.PropertyType == typeof(string))
        .OrderBy(p => p.MetadataToken);

    private static string Full(RunFile run, string path) => Path.GetFullPath(Path.Combine(run.Folder, path));

    private static SourceSpec Moved(RunFile run, SourceSpec source, IReadOnlyDictionary<string, string> places)
    {
        // A record's own copy, which `with` would call if the type were known here.
        var copy = (SourceSpec)source.GetType().GetMethod("<Clone>$")!.Invoke(source, null)!;
        foreach (var setting in Settings(source))
        {
            if (setting.GetValue(source) is string path && places.TryGetValue(Full(run, path), out var place))
            {
                setting.SetValue(copy, place);
            }
        }

        return copy;
    }

    private static RunDataFile Describe(string path)
    {
        try
        {
            return new RunDataFile(Path.GetFileName(path), path, new FileInfo(path).Length, HashOf(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserException(
                ExitCode.Usage, $"{path} cannot be read: {Shown.Reason(exception)}; check the path and the disk.", exception);
        }
    }
}
