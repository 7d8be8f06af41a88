using System.Diagnostics;
using Backprop.Coordinator.Cluster.Processes;
using Backprop.Shared.Primitives;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Cluster.Processes;

/// <summary>The host with real processes.</summary>
public sealed class WorkerHostTests
{
    private const string Works = WorkerHostScene.Works;

    [Fact]
    public void AsManyRunAsAreWanted_AndTheHighestNumbersLeave()
    {
        using var scene = new WorkerHostScene(_ => Works);
        scene.Host.SetCount(3);
        var three = scene.UntilRunning(3);

        scene.Host.SetCount(1);

        int[] left = [scene.NextEnd().Number, scene.NextEnd().Number];
        left.Order().ShouldBe([2, 3]);
        scene.UntilRunning(1).ShouldBe([three[0]]);
        scene.EndsNotTaken.ShouldBe(0);
    }

    [Fact]
    public void AWorkerThatHasNoRunWaits_AndSoDoesOneWhoseRunIsOver()
    {
        using var folder = new TemporaryFolder();
        var (begin, end) = (folder["begin"], folder["end"]); // two pipes: what is written while one is being closed is lost
        using var scene = new WorkerHostScene(
            _ => $"mkfifo '{begin}' '{end}'; echo waiting; read line <'{begin}'; echo ready; read line <'{end}'; echo waiting; read line");
        scene.Host.SetCount(1);

        scene.Until(1, WorkerState.Waiting);
        File.WriteAllText(begin, "a run\n");
        scene.Until(1, WorkerState.Running);
        File.WriteAllText(end, "it is over\n");
        scene.Until(1, WorkerState.Waiting);
    }

    [Fact]
    public void WhoIsAskedCanHandItsShardsBack()
    {
        using var scene = new WorkerHostScene(_ => "trap 'echo handed back >&2; exit 143' TERM; echo ready; read line");
        scene.Host.SetCount(1);
        scene.UntilRunning(1);

        scene.Host.SetCount(0);

        var end = scene.NextEnd();
        (end.Code, end.WasAsked, end.StartsAgainIn).ShouldBe((143, true, null));
        end.Said.ShouldBe(["handed back"]);
        scene.Until(views => views.Count == 0);
    }

    [Fact]
    public void WhoDoesNotGoIsKilledAfterFiveSeconds()
    {
        using var scene = new WorkerHostScene(_ => "trap '' TERM; echo ready; read line");
        scene.Host.SetCount(1);
        var process = scene.UntilRunning(1)[0].ProcessId;
        scene.Host.SetCount(0);
        scene.Until(1, WorkerState.Leaving);

        scene.Clock.Advance(4.9);
        WorkerHostScene.IsAlive(process).ShouldBeTrue();
        scene.Clock.Advance(0.1);

        scene.NextEnd().How.ShouldBe("killed, for it did not go within 5 s");
    }

    [Fact]
    public void WhoWasReadyAndDiesRunsAgainAfterAShortPause()
    {
        using var scene = new WorkerHostScene(_ => Works);
        scene.Host.SetCount(1);
        var process = scene.UntilRunning(1)[0].ProcessId;

        WorkerHostScene.Kill(process);

        var end = scene.NextEnd();
        (end.Number, end.ProcessId, end.Code, end.WasAsked).ShouldBe((1, process, 137, false));
        end.How.ShouldStartWith("killed (SIGKILL)");
        end.StartsAgainIn.ShouldBe(TimeSpan.FromSeconds(0.2));
        scene.Host.Views.ShouldBe([new WorkerView(1, "1", 0, WorkerState.Pausing, 0, end.How)]);
        scene.Clock.Advance(0.2);
        var again = scene.UntilRunning(1)[0];
        again.ProcessId.ShouldNotBe(process);
        (again.Restarts, again.LastEnd).ShouldBe((1, end.How));
    }

    [Fact]
    public void ATrainingEndsAfterThreeFruitlessStarts_WithTheWorkersWords()
    {
        using var scene = new WorkerHostScene(_ => "echo no luck >&2; exit 1", endsTheRun: true);
        scene.Host.SetCount(1);
        foreach (var pause in (double[])[0.2, 0.4])
        {
            scene.NextEnd().StartsAgainIn.ShouldBe(TimeSpan.FromSeconds(pause));
            scene.Clock.Advance(pause);
        }

        var failure = scene.NextFailure();

        failure.ExitCode.ShouldBe(ExitCode.TooFewWorkers);
        failure.Message.ShouldBe(
            "A worker process ended 3 times before it was ready, last: exit code 1 (unexpected). It said last: no luck.");
        scene.Host.Views.Single().State.ShouldBe(WorkerState.Stopped);
    }

    [Fact]
    public void ANodeGoesOnTryingSeldom()
    {
        using var scene = new WorkerHostScene(_ => "exit 1");
        scene.Host.SetCount(1);

        foreach (var pause in (double[])[0.2, 0.4, 10, 10])
        {
            scene.NextEnd().StartsAgainIn.ShouldBe(TimeSpan.FromSeconds(pause));
            scene.Clock.Advance(pause);
        }

        scene.NextEnd().Fruitless.ShouldBe(5);
    }

    [Fact]
    public void WhoCannotTakePartEndsATraining_WithItsOwnWordsAndExitCode()
    {
        using var scene = new WorkerHostScene(_ => "echo ready; echo another version >&2; exit 7", endsTheRun: true);
        scene.Host.SetCount(1);

        var failure = scene.NextFailure();

        failure.ExitCode.ShouldBe(ExitCode.Mismatch);
        failure.Message.ShouldBe("A worker process cannot take part: another version.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AProgramThatIsNotThere_EndsATrainingAndIsTriedAgainByANode(bool endsTheRun)
    {
        using var scene = new WorkerHostScene(
            new WorkerHostOptions { Command = _ => new ProcessStartInfo("/nowhere/worker"), EndsTheRun = endsTheRun });
        scene.Host.SetCount(1);

        if (endsTheRun)
        {
            scene.NextFailure().Message.ShouldStartWith("backprop-worker cannot be started from ");
            return;
        }

        var end = scene.NextEnd();
        (end.ProcessId, end.StartsAgainIn).ShouldBe((0, TimeSpan.FromSeconds(10)));
        scene.Clock.Advance(10);
        scene.NextEnd().How.ShouldBe(end.How);
    }

    [Fact]
    public void OneIsDrainedAndRunsAgain()
    {
        using var scene = new WorkerHostScene(_ => Works);
        scene.Host.SetCount(2);
        scene.UntilRunning(2);

        scene.Host.Stop(1);
        var end = scene.NextEnd();
        (end.Number, end.WasAsked).ShouldBe((1, true));
        scene.Until(1, WorkerState.Stopped).Restarts.ShouldBe(0);
        scene.Host.Views[1].State.ShouldBe(WorkerState.Running);

        scene.Host.Allow(1);
        scene.UntilRunning(2);
    }

    [Fact]
    public void WhoIsWantedAgainWhileItLeavesIsFollowedByAnother()
    {
        using var scene = new WorkerHostScene(_ => "trap '' TERM; echo ready; read line");
        scene.Host.SetCount(1);
        var first = scene.UntilRunning(1)[0];
        scene.Host.SetCount(0);
        scene.Until(1, WorkerState.Leaving);

        scene.Host.SetCount(1);
        scene.Clock.Advance(5);

        scene.NextEnd().WasAsked.ShouldBeTrue();
        scene.UntilRunning(1)[0].ProcessId.ShouldNotBe(first.ProcessId);
        scene.Host.SetCount(0);
        scene.Until(1, WorkerState.Leaving);
        scene.Clock.Advance(5);
        scene.NextEnd();
    }

    [Fact]
    public void TheLastLinesOfWhoHasMuchToSayAreAllThere()
    {
        using var scene = new WorkerHostScene(_ => "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i >&2; done; exit 3");
        scene.Host.SetCount(1);

        scene.NextEnd().Said.ShouldBe(Enumerable.Range(2981, 20).Select(i => $"line {i}"));
    }

    [Fact]
    public void AnEndIsNotedThoughAChildOfTheWorkerHoldsItsPipes()
    {
        using var scene = new WorkerHostScene(_ => "sleep 300 & echo $! >&2; exit 3", time: TimeProvider.System);
        scene.Host.SetCount(1);

        var end = scene.NextEnd();
        scene.Host.SetCount(0);

        end.Code.ShouldBe(3);
        WorkerHostScene.Kill(int.Parse(end.Said.Single(), System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void WhenTheWorkIsOverEndsAreNeitherToldNorMended()
    {
        using var scene = new WorkerHostScene(_ => Works, endsTheRun: true);
        scene.Host.SetCount(2);
        var running = scene.UntilRunning(2);

        scene.Host.ExpectEnds();
        WorkerHostScene.Kill(running[0].ProcessId);
        scene.Until(views => views[0].ProcessId == 0);
        scene.Clock.Advance(60);
        scene.Host.Dispose();

        scene.EndsNotTaken.ShouldBe(0);
        WorkerHostScene.IsAlive(running[1].ProcessId).ShouldBeFalse();
    }

    [Fact]
    public void NobodyIsLeftWhenTheHostIsGone_AndNobodyIsStartedThen()
    {
        using var scene = new WorkerHostScene(_ => Works);
        scene.Host.SetCount(3);
        var running = scene.UntilRunning(3);

        scene.Host.Dispose();
        scene.Host.SetCount(5);

        running.ShouldAllBe(view => !WorkerHostScene.IsAlive(view.ProcessId));
        scene.Host.Views.ShouldAllBe(view => view.ProcessId == 0);
        scene.EndsNotTaken.ShouldBe(0);
    }

    [Fact]
    public void WhoIsToldOfAnEndMayOrderMore()
    {
        using var scene = new WorkerHostScene(number => number == 1 ? "echo ready; exit 1" : Works);
        scene.Host.Ended += _ => scene.Host.Stop(1);
        scene.Host.Ended += _ => scene.Host.SetCount(2);
        scene.Host.SetCount(1);

        scene.Until(2, WorkerState.Running);
        scene.Until(1, WorkerState.Stopped);
    }

    [Fact]
    public void OrdersFromManyThreadsEndInTheLastOne()
    {
        using var scene = new WorkerHostScene(_ => Works);
        Parallel.For(0, 40, i => scene.Host.SetCount(i % 5));
        scene.Host.SetCount(2);

        var running = scene.UntilRunning(2);

        running.Select(view => view.Number).ShouldBe([1, 2]);
        running.ShouldAllBe(view => WorkerHostScene.IsAlive(view.ProcessId));
    }
}
