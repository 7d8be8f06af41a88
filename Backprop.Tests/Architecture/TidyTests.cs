using System.Text.RegularExpressions;

namespace Backprop.Tests.Architecture;

/// <summary>What a reviewer would otherwise have to say every time.</summary>
public sealed partial class TidyTests
{
    private const int ColumnsMaximum = 140;
    private const int LinesMaximum = 320;

    [Fact]
    public void NoLineIsLongerThanAScreen()
    {
        var found = from file in Files()
                    from line in File.ReadLines(file).Select((text, index) => (text, index))
                    where line.text.Length > ColumnsMaximum
                    select $"{SourceFiles.Short(file)}:{line.index + 1}";

        found.ShouldBeEmpty($"wrap at {ColumnsMaximum} columns");
    }

    [Fact]
    public void NoFileHoldsASecondIdea() =>
        Files().Where(file => File.ReadLines(file).Count() > LinesMaximum).Select(SourceFiles.Short)
            .ShouldBeEmpty($"more than {LinesMaximum} lines: a second idea is in it, which wants a file and a name of its own");

    [Fact]
    public void ImportsAreInOrder()
    {
        foreach (var file in Files())
        {
            var imports = File.ReadLines(file).TakeWhile(line => !line.StartsWith("namespace", StringComparison.Ordinal))
                .Where(line => line.StartsWith("using ", StringComparison.Ordinal)).ToArray();

            imports.ShouldBe([.. imports.OrderBy(Rank).ThenBy(Parts, StringComparer.OrdinalIgnoreCase)], SourceFiles.Short(file));
        }

        // The framework's namespaces, others, what is static, aliases; by name.
        static int Rank(string line) => line.Contains('=') ? 3 : line.StartsWith("using static ", StringComparison.Ordinal) ? 2
            : line.StartsWith("using System", StringComparison.Ordinal) ? 0 : 1;

        static string Parts(string line) => line.TrimEnd(';').Replace('.', '\0');
    }

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
            var folder = SourceFiles.Short(Path.GetDirectoryName(file)!).Replace('/', '.');
            new[] { folder, "Backprop" }.ShouldContain(declared.Groups[1].Value, SourceFiles.Short(file));
        }
    }

    private static IEnumerable<string> Files() => SourceFiles.Of(SourceFiles.All);

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();
}
