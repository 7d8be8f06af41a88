using System.Globalization;

namespace Backprop.Tests.EndToEnd;

/// <summary>A training that starts its workers itself needs no server, no gRPC and no actors, and does not pay for them.</summary>
public sealed class LoadedLibrariesTests
{
    private static readonly string[] Others = ["/Grpc.", "/Akka.", "/Microsoft.AspNetCore.Server.Kestrel"];

    [Fact]
    public void ATrainingWithItsOwnProcesses_LoadsNothingOfTheCluster()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There is no /proc.");
        using var scene = new ClusterScene();
        scene.StartTraining(2);
        scene.Coordinator.WaitForLine("durable");
        var workers = ChildrenOf(scene.Coordinator.Id);

        workers.Length.ShouldBe(2);
        foreach (var process in (int[])[scene.Coordinator.Id, .. workers])
        {
            var loaded = LoadedBy(process);
            loaded.ShouldContain(library => library.EndsWith("/Google.Protobuf.dll", StringComparison.Ordinal));
            loaded.Where(library => Others.Any(other => library.Contains(other, StringComparison.Ordinal))).ShouldBeEmpty();
        }
    }

    [Fact]
    public void ACoordinator_LoadsThem_SoThatTheCheckSeesThem()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There is no /proc.");
        using var scene = new ClusterScene();
        scene.StartCoordinator();
        scene.Join();

        foreach (var other in Others)
        {
            LoadedBy(scene.Coordinator.Id).ShouldContain(library => library.Contains(other, StringComparison.Ordinal));
        }
    }

    private static string[] LoadedBy(int process) =>
        [.. File.ReadLines($"/proc/{process}/maps").Select(line => line[(line.LastIndexOf(' ') + 1)..]).Distinct()];

    private static int[] ChildrenOf(int process) =>
    [
        .. Directory.GetDirectories($"/proc/{process}/task")
            .SelectMany(thread => File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(child => int.Parse(child, CultureInfo.InvariantCulture)),
    ];
}
