using System.Text.RegularExpressions;

namespace Backprop.Tests.Architecture;

/// <summary>
/// A type that is spread over files hides that it has grown: what is in another file is a class of its own, which says what it needs.
/// Partial are only types of which a generator writes the rest, and the coordinator's core, whose files are its concerns.
/// </summary>
public sealed partial class PartialTypeTests
{
    /// <summary>What makes a generator of .NET write the rest of a type, in its one file.</summary>
    private static readonly string[] Generators = ["[GeneratedRegex(", "[LoggerMessage(", "[LibraryImport(", ": JsonSerializerContext"];

    /// <summary>One function over one state, by concern; and what Protobuf writes the rest of.</summary>
    private static readonly string[] Allowed = ["Backprop.Coordinator.Core.CoordinatorCore", "Backprop.Shared.Protocol.StepEnvelope"];

    [Fact]
    public void ATypeStandsInOneFile() => Spread(SourceFiles.Of(SourceFiles.All).Select(File.ReadAllText)).Except(Allowed)
        .ShouldBeEmpty("partial, but no generator writes the rest: make what is in the other file a class of its own, with a name");

    [Theory]
    [InlineData(true, "namespace N;\ninternal sealed partial class Half;")]
    [InlineData(true, "namespace N;\npartial class Half { [GeneratedRegex(\"a\")] }", "namespace N;\npartial class Half;")]
    [InlineData(false, "namespace N;\npartial class Half\n{\n    [GeneratedRegex(\"a\")]\n}")]
    [InlineData(false, "namespace N;\n// A partial class is none.\nclass Half;")]
    public void TheCheckSeesATypeInTwoFiles(bool isSpread, params string[] files) =>
        Spread(files).ShouldBe(isSpread ? ["N.Half"] : []);

    /// <summary>The partial types that stand in several files, or in one without a generator.</summary>
    private static IEnumerable<string> Spread(IEnumerable<string> sources)
    {
        var halves =
            from source in sources
            from half in PartialType().Matches(SourceFiles.CodeIn(source))
            select (Name: $"{Namespace().Match(source).Groups[1].Value}.{half.Groups[1].Value}", Source: source);
        return halves.GroupBy(half => half.Name)
            .Where(type => type.Count() > 1 || !Generators.Any(mark => type.Single().Source.Contains(mark, StringComparison.Ordinal)))
            .Select(type => type.Key);
    }

    [GeneratedRegex(@"\bpartial (?:class|struct|record struct|record|interface) (\w+)")]
    private static partial Regex PartialType();

    [GeneratedRegex(@"(?m)^namespace ([\w.]+);")]
    private static partial Regex Namespace();
}
