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
    private static readonly string[] Messages = ["Backprop.Shared/Protocol", "Backprop.Coordinator/Cluster", "Backprop.Worker/Actor"];

    /// <summary>Namespaces (and the word that allows pointers) and the folders and files that may name them.</summary>
    private static readonly Dictionary<string, string[]> Places = new()
    {
        [Pointers] = ["Backprop.Shared/Tensors", "Backprop.Shared/Kernels", "Backprop.Shared/Layers", "Backprop.Shared/Protocol"],

        // The last two only say why a connection failed.
        ["System.Net.Sockets"] = [.. Messages, "Backprop.Coordinator/Diagnostics", "Backprop.Shared/Primitives/Shown.cs"],
        ["Google.Protobuf"] = Messages,
        ["Grpc"] = Messages,
        ["Akka"] = ["Backprop.Coordinator/Cluster", "Backprop.Worker/Actor"],
        ["Microsoft.AspNetCore"] = ["Backprop.Coordinator/Diagnostics"],
        ["Microsoft.Extensions.Logging"] = ["Backprop.Coordinator/Diagnostics", "Backprop.Coordinator/Cli"],
        ["Prometheus"] = ["Backprop.Coordinator/Diagnostics/Http"],
        ["Spectre.Console"] = ["Backprop.Coordinator/Diagnostics/Lines"],
        ["System.CommandLine"] = Command,
        ["CsvHelper"] = ["Backprop.Shared/Data/Files"],
        ["YamlDotNet"] = ["Backprop.Shared/Runs/Yaml"],
    };

    /// <summary>Files with pointers that are to become spans yet. Nothing is to be added here.</summary>
    private static readonly string[] PointersLeft =
    [
        "Backprop.Coordinator/Cluster/ClusterRun.cs",
        "Backprop.Coordinator/Cluster/WorkerLink.Gradients.cs",
        "Backprop.Coordinator/Cluster/WorkerLink.Sending.cs",
        "Backprop.Coordinator/Cluster/WorkerLink.cs",
        "Backprop.Coordinator/Embedded/EmbeddedRun.Phases.cs",
        "Backprop.Coordinator/Explain/EngineStep.cs",
        "Backprop.Coordinator/TrainedModel.cs",
        "Backprop.Coordinator/Training/RunWeights.cs",
        "Backprop.Shared/Gradients/CommitSweep.cs",
        "Backprop.Shared/Models/CompiledModel.cs",
        "Backprop.Worker/Actor/GradientSender.cs",
        "Backprop.Worker/Actor/IGradientSender.cs",
        "Backprop.Worker/Actor/JoinProtocol.cs",
        "Backprop.Worker/Actor/RemoteWorker.Receiving.cs",
        "Backprop.Worker/Actor/RemoteWorker.cs",
        "Backprop.Worker/Actor/SharedGradientSender.cs",
        "Backprop.Worker/Actor/SpanReply.cs",
        "Backprop.Worker/Training/EvaluationPass.cs",
        "Backprop.Worker/Training/GradientStep.Failures.cs",
        "Backprop.Worker/Training/GradientStep.Progress.cs",
        "Backprop.Worker/Training/GradientStep.cs",
        "Backprop.Worker/Training/SpanEngine.cs",
        "Backprop.Worker/Training/StepPlan.cs",
    ];

    public static TheoryData<string> Names => [.. Places.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void ItIsNamedWhereItBelongs(string name) => Naming(name)
        .Where(file => !SourceFiles.IsIn(file, Places[name]) && !(name == Pointers && PointersLeft.Contains(file)))
        .ShouldBeEmpty($"let a folder that knows {name} do it ({string.Join(", ", Places[name])}), or add the new place here and say why");

    [Fact]
    public void WhatHasNoPointersNow_IsNoLongerListed() => PointersLeft.Except(Naming(Pointers))
        .ShouldBeEmpty($"without pointers now: take it out of {nameof(WhoKnowsWhatTests)}.{nameof(PointersLeft)}");

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
