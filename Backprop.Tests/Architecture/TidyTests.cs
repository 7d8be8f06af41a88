using System.Text.RegularExpressions;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Architecture;

/// <summary>What a reviewer would otherwise have to say every time.</summary>
public sealed partial class TidyTests
{
    private const int ColumnsMaximum = 140;
    private const int LinesMaximum = 320;

    private static readonly string[] Projects =
        ["Backprop.Shared", "Backprop.Coordinator", "Backprop.Worker", "Backprop.Tests", "Backprop.Benchmarks"];

    [Fact]
    public void NoLineIsLongerThanAScreen()
    {
        var found = from file in Files()
                    from line in File.ReadLines(file).Select((text, index) => (text, index))
                    where line.text.Length > ColumnsMaximum
                    select $"{Short(file)}:{line.index + 1}";

        found.ShouldBeEmpty($"wrap at {ColumnsMaximum} columns");
    }

    [Fact]
    public void NoFileHoldsASecondIdea() =>
        Files().Where(file => File.ReadLines(file).Count() > LinesMaximum).Select(Short).ShouldBeEmpty($"more than {LinesMaximum} lines");

    [Fact]
    public void NamespacesAreFolders()
    {
        foreach (var file in Files())
        {
            var declared = NamespaceLine().Match(File.ReadAllText(file));
            if (!declared.Success)
            {
                continue;
            }

            // A project's public face may stand at its root, in the namespace that users write.
            var folder = Short(Path.GetDirectoryName(file)!).Replace('/', '.');
            new[] { folder, "Backprop" }.ShouldContain(declared.Groups[1].Value, Short(file));
        }
    }

    private static IEnumerable<string> Files() => Projects.SelectMany(project =>
        Directory.EnumerateFiles(Repository.PathOf(project), "*.cs", SearchOption.AllDirectories)).Order(StringComparer.Ordinal);

    private static string Short(string path) => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/');

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();
}
