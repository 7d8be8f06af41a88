using Backprop.Coordinator.Core;
using Backprop.Coordinator.Training;

namespace Backprop.Tests.Coordinator.Cluster;

/// <summary>A run of worker processes that pauses: workers come meanwhile, and the weights are those of an undisturbed run.</summary>
public sealed class ClusterPauseTests
{
    public ClusterPauseTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "the scene shares memory");

    [Fact]
    public void ARunThatPauses_LetsWorkersCome_AndEndsAsUndisturbed()
    {
        using var scene = new SharedRunScene();
        scene.Asked.Pause();
        Eventually(() => scene.Phase == "paused");
        scene.Join();
        scene.Join();
        Eventually(() => scene.Traffic.WorkersJoined == 2);
        scene.Phase.ShouldBe("paused");
        scene.Asked.Completed.ShouldBe(0);

        scene.Asked.Resume();

        scene.ShouldEndAsUndisturbed();
    }

    [Fact]
    public void ARunThatPausesAgainAndAgain_EndsAsUndisturbed()
    {
        using var scene = new SharedRunScene();
        scene.Join();
        scene.Join();
        for (var i = 0; i < 20; i++)
        {
            scene.Asked.Pause();
            scene.Asked.RequestCheckpoint();
            Eventually(() => scene.Phase is "paused" or "ending");
            scene.Asked.Resume();
        }

        scene.ShouldEndAsUndisturbed();
    }

    [Fact]
    public void ARunThatPauses_CanBeStopped()
    {
        using var scene = new SharedRunScene();
        scene.Asked.Pause();
        scene.Join();
        Eventually(() => scene.Phase == "paused" && scene.Traffic.WorkersJoined == 1);

        scene.Asked.RequestStop();

        Eventually(() => scene.Asked.Outcome == RunOutcome.Stopped);
    }

    [Fact]
    public void WhoeverAsks_IsNeverTheOneWhoTrains()
    {
        var observer = new ThreadsSeen();
        using var scene = new SharedRunScene(observer);
        for (var i = 0; i < 20; i++)
        {
            scene.Asked.Pause();
            Eventually(() => scene.Phase == "paused");
            scene.Asked.RequestCheckpoint();
            scene.Asked.Resume();
            Eventually(() => scene.Phase == "waiting");
        }

        scene.Asked.RequestStop();
        Eventually(() => scene.Asked.Outcome == RunOutcome.Stopped);

        observer.Threads.ShouldNotContain(Environment.CurrentManagedThreadId);
        observer.Threads.ShouldNotBeEmpty();
    }

    private static void Eventually(Func<bool> holds) => SpinWait.SpinUntil(holds, TimeSpan.FromSeconds(30)).ShouldBeTrue();

    /// <summary>The threads on which the core has decided something.</summary>
    private sealed class ThreadsSeen : NoRecord, IRunObserver
    {
        private readonly HashSet<int> _threads = [];

        public int[] Threads
        {
            get
            {
                lock (_threads)
                {
                    return [.. _threads];
                }
            }
        }

        public void Attended(int present, bool isWaiting, bool isPaused)
        {
            lock (_threads)
            {
                _threads.Add(Environment.CurrentManagedThreadId);
            }
        }
    }
}
