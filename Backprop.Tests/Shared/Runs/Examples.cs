using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Runs;

/// <summary>Run files to test with.</summary>
internal static class Examples
{
    /// <summary>A short one that leaves out all that may be.</summary>
    public const string Short =
        """
        data: { train: { kind: csv, path: d.csv } }
        model: [relu, { linear: 3 }]
        loss: mse
        optimizer: { kind: sgd, rate: 0.1 }
        batch: 4
        epochs: 2
        """;

    /// <summary>Every run file of the repository.</summary>
    public static TheoryData<string> Files()
    {
        var files = new[] { "examples", "Backprop.Benchmarks/workloads" }
            .SelectMany(folder => Directory.EnumerateFiles(Repository.PathOf(folder), "*.yaml", SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(Repository.Root, file)).Order(StringComparer.Ordinal);
        return [.. files];
    }

    public static RunFile Parse(string yaml, params string[] sets) => RunFile.Parse(yaml, "run.yaml", "/home/ada/runs", sets);

    public static string ErrorOf(string yaml, params string[] sets)
    {
        var error = Should.Throw<UserException>(() => Parse(yaml, sets));
        error.ExitCode.ShouldBe(ExitCode.Usage);
        error.Message.ShouldNotContain("\n");
        return error.Message;
    }
}
