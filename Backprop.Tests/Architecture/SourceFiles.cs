using System.Text.RegularExpressions;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Architecture;

/// <summary>The C# files of the repository, as the rules of this folder read them.</summary>
internal static partial class SourceFiles
{
    /// <summary>What users run.</summary>
    public static readonly string[] Product = ["Backprop.Shared", "Backprop.Coordinator", "Backprop.Worker"];

    /// <summary>The product, its tests and its benchmarks.</summary>
    public static readonly string[] All = [.. Product, "Backprop.Tests", "Backprop.Benchmarks"];

    /// <summary>The files of some projects, in order of their paths.</summary>
    public static IEnumerable<string> Of(params string[] projects) => projects.SelectMany(project =>
        Directory.EnumerateFiles(Repository.PathOf(project), "*.cs", SearchOption.AllDirectories)).Order(StringComparer.Ordinal);

    /// <summary>A path as the lists of the rules write it: from the repository's root, with slashes.</summary>
    public static string Short(string path) => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/');

    /// <summary>Whether a file, by its short path, is in one of the folders, or is itself named.</summary>
    public static bool IsIn(string file, IEnumerable<string> places) =>
        places.Any(place => file == place || file.StartsWith(place + "/", StringComparison.Ordinal));

    /// <summary>
    /// A file's text without what its comments and literals say. A literal in a hole of an interpolated one is taken for code.
    /// </summary>
    public static string CodeIn(string source) => CommentOrText().Replace(source, " ");

    [GeneratedRegex(
        """"
        //[^\n]*
        | /\*[\s\S]*?\*/
        | """[\s\S]*?"""
        | @"(?:""|[^"])*"
        | "(?:\\.|[^"\\\n])*"
        | '(?:\\[^']+|[^'\\\n]|\\')'
        """",
        RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex CommentOrText();
}
