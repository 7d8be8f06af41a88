using Backprop.Coordinator.Cluster.Processes;

namespace Backprop.Tests.Coordinator.Cluster.Processes;

public sealed class RestartPolicyTests
{
    private static readonly ProcessEnd Died = new(ProcessEnd.Killed, OutOfMemory: false);
    private static readonly TimeSpan Now = TimeSpan.FromSeconds(100);

    [Fact]
    public void WhoWasReadyIsBackSoon_HoweverOftenItDies()
    {
        var policy = new RestartPolicy(endsTheRun: true);

        for (var death = 0; death < 20; death++)
        {
            policy.Ended(Died, wasReady: true, Now).ShouldBe(TimeSpan.FromSeconds(0.2));
            policy.StartsAt.ShouldBe(Now + TimeSpan.FromSeconds(0.2));
        }
    }

    [Fact]
    public void ATrainingGivesUpAfterThreeFruitlessStarts()
    {
        var policy = new RestartPolicy(endsTheRun: true);

        policy.Ended(Died, wasReady: false, Now).ShouldBe(TimeSpan.FromSeconds(0.2));
        policy.Ended(Died, wasReady: false, Now).ShouldBe(TimeSpan.FromSeconds(0.4));
        policy.HasGivenUp.ShouldBeFalse();
        policy.Ended(Died, wasReady: false, Now).ShouldBeNull();
        policy.HasGivenUp.ShouldBeTrue();
    }

    [Fact]
    public void ANodeGoesOnAtTheLongestPause_AndSoonAgainOnceItWasReady()
    {
        var policy = new RestartPolicy(endsTheRun: false);

        double[] pauses = [.. Enumerable.Range(0, 6).Select(_ => policy.Ended(Died, wasReady: false, Now)!.Value.TotalSeconds)];
        pauses.ShouldBe([0.2, 0.4, 10, 10, 10, 10]);
        policy.Fruitless.ShouldBe(6);
        policy.Ended(Died, wasReady: true, Now).ShouldBe(TimeSpan.FromSeconds(0.2));
        policy.Fruitless.ShouldBe(0);
        policy.HasGivenUp.ShouldBeFalse();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(6)]
    [InlineData(7)]
    public void WhoCannotTakePartEndsATrainingAtOnce_AndIsTriedSeldomByANode(int code)
    {
        var (training, node) = (new RestartPolicy(endsTheRun: true), new RestartPolicy(endsTheRun: false));

        training.Ended(new ProcessEnd(code), wasReady: true, Now).ShouldBeNull();
        training.HasGivenUp.ShouldBeTrue();
        node.Ended(new ProcessEnd(code), wasReady: false, Now).ShouldBe(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void WithoutAProgramATrainingEnds_AndANodeTriesSeldom()
    {
        new RestartPolicy(endsTheRun: true).NotStarted(Now).ShouldBeNull();
        new RestartPolicy(endsTheRun: false).NotStarted(Now).ShouldBe(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void WhoLeftBecauseItWasAskedStartsWithoutAPause_AndWithoutAPast()
    {
        var policy = new RestartPolicy(endsTheRun: true);
        policy.Ended(Died, wasReady: false, Now);
        policy.Ended(Died, wasReady: false, Now);

        policy.Left(Now);

        policy.StartsAt.ShouldBe(Now);
        policy.Ended(Died, wasReady: false, Now).ShouldBe(TimeSpan.FromSeconds(0.2));
    }
}
