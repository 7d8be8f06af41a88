using Backprop.Benchmarks;
using Backprop.Shared.Protocol;

namespace Backprop.Tests.EndToEnd;

/// <summary>Many workers, few of whom have anything to do. How much of it: <c>Backprop.Benchmarks sessions</c>.</summary>
public sealed class ScaleTests
{
    [Theory]
    [InlineData(1000, 8)]
    [InlineData(10_000, 8)]
    [InlineData(1000, 64)]
    public void AStepOfThousandsAllocatesNothingInTheCore(int workers, int shards)
    {
        var sessions = new SimulatedSessions(workers, shards);
        sessions.Steps(30);
        var before = GC.GetAllocatedBytesForCurrentThread();

        sessions.Steps(100);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void FiftySessionsTrain_ThoughOnlySomeHaveSpans()
    {
        using var scene = new ClusterScene();
        // These compute no evaluation: none comes before the test is over.
        scene.StartCoordinator("--workers", "50:64", "--set", "evaluate.everyEpochs=1000", "--set", "evaluate.everySteps=100000");
        using var crowd = new SessionCrowd(HostPort.Parse(scene.Address, "address"), TimeProvider.System);
        for (var i = 0; i < 50; i++)
        {
            crowd.Join();
        }

        // An evaluation follows step 100, and these compute none.
        SpinWait.SpinUntil(() => crowd.Step >= 50, TimeSpan.FromSeconds(30)).ShouldBeTrue();
    }
}
