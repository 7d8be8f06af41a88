using System.Text.RegularExpressions;

namespace Backprop.Tests.Architecture;

/// <summary>
/// What is hard to replace is known in few folders: sockets, pointers, and the libraries that others wrote. Whoever else needs what they
/// do asks a folder that knows them.
/// </summary>
public sealed class WhoKnowsWhatTests
{
    private const string Pointers = "unsafe";

    private static readonly string[] Command = ["Backprop.Shared/Cli", "Backprop.Coordinator/Cli", "Backprop.Worker/Cli"];
    private static readonly string[] Messages = ["Backprop.Shared/Protocol", "Backprop.Coordinator/Cluster", "Backprop.Worker/Shell"];

    /// <summary>Namespaces (and the word that allows pointers) and the folders and files that may name them.</summary>
    private static readonly Dictionary<string, string[]> Places = new()
    {
        [Pointers] = ["Backprop.Shared/Tensors", "Backprop.Shared/Kernels", "Backprop.Shared/Layers", "Backprop.Shared/Protocol"],

        // The last two only say why a connection failed.
        ["System.Net.Sockets"] = [.. Messages, "Backprop.Coordinator/Diagnostics", "Backprop.Shared/Primitives/Shown.cs"],
        ["Google.Protobuf"] = Messages,
        ["Grpc"] = ["Backprop.Coordinator/Cluster/Sessions", "Backprop.Coordinator/Cluster/Nodes", "Backprop.Worker/Shell"],
        ["Akka"] = ["Backprop.Coordinator/Cluster/Nodes"],
        ["Microsoft.AspNetCore"] = ["Backprop.Coordinator/Diagnostics", "Backprop.Coordinator/Cluster/Sessions"],
        ["Microsoft.Extensions.Logging"] =
            ["Backprop.Coordinator/Diagnostics", "Backprop.Coordinator/Cluster", "Backprop.Coordinator/Cli"],
        ["Prometheus"] = ["Backprop.Coordinator/Diagnostics/Http"],
        ["Spectre.Console"] = ["Backprop.Coordinator/Diagnostics/Lines"],
        ["System.CommandLine"] = Command,
        ["CsvHelper"] = ["Backprop.Shared/Data/Files"],
        ["YamlDotNet"] = ["Backprop.Shared/Runs/Yaml"],
    };

    public static TheoryData<string> Names => [.. Places.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void ItIsNamedWhereItBelongs(string name) => Naming(name)
        .Where(file => !SourceFiles.IsIn(file, Places[name]))
        .ShouldBeEmpty($"let a folder that knows {name} do it ({string.Join(", ", Places[name])}), or add the new place here and say why");

    [Theory]
    [MemberData(nameof(Names))]
    public void TheCheckSeesAName(string name)
    {
        IsNamed(name, $"using {name}.Inner;").ShouldBeTrue();
        IsNamed(name, $"internal {name} class").ShouldBeTrue();
        IsNamed(name, $"// {name}\nvar text = \"{name}\"; My{name}Too();").ShouldBeFalse();
    }

    private static IEnumerable<string> Naming(string name) => SourceFiles.Of(SourceFiles.Product)
        .Where(file => IsNamed(name, File.ReadAllText(file))).Select(SourceFiles.Short);

    private static bool IsNamed(string name, string source) =>
        source.Contains(name, StringComparison.Ordinal) && Regex.IsMatch(SourceFiles.CodeIn(source), $@"\b{Regex.Escape(name)}\b");
}
