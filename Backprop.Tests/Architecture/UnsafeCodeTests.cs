using System.Text.RegularExpressions;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Architecture;

/// <summary>Pointers are for those who compute, share memory and send; everywhere else floats pass as FlatVector, Memory or Span.</summary>
public sealed partial class UnsafeCodeTests
{
    private static readonly string[] Rooms =
        ["Backprop.Shared/Tensors", "Backprop.Shared/Kernels", "Backprop.Shared/Layers", "Backprop.Shared/Protocol"];

    /// <summary>What still takes a pointer outside of them: the cluster's links, and those who call kernels alone.</summary>
    private static readonly string[] Others =
    [
        "Backprop.Coordinator/Cluster", "Backprop.Coordinator/Training/RunWeights.cs", "Backprop.Benchmarks/ProductBenchmark.cs",
        "Backprop.Tests/Shared/Kernels",
    ];

    [Fact]
    public void UnsafeCodeStaysInItsRooms()
    {
        string[] projects = ["Backprop.Shared", "Backprop.Coordinator", "Backprop.Worker", "Backprop.Tests", "Backprop.Benchmarks"];
        var found = from project in projects
                    from file in Directory.EnumerateFiles(Repository.PathOf(project), "*.cs", SearchOption.AllDirectories)
                    let path = Path.GetRelativePath(Repository.Root, file).Replace('\\', '/')
                    where !Rooms.Concat(Others).Any(room => path.StartsWith(room, StringComparison.Ordinal))
                    where File.ReadLines(file).Any(line => Unsafe().IsMatch(line))
                    select path;

        found.ShouldBeEmpty("take a FlatVector, a Memory or a Span");
    }

    [GeneratedRegex(@"^\s*((public|private|internal|protected|static|sealed|readonly|override)\s+)*unsafe\s")]
    private static partial Regex Unsafe();
}
