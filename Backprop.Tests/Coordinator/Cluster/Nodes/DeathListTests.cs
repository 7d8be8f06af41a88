using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Coordinator.Cluster.Processes;

namespace Backprop.Tests.Coordinator.Cluster.Nodes;

/// <summary>Each death of a worker process is told; that one cannot even begin is told once, and again when it is another.</summary>
public sealed class DeathListTests
{
    private readonly DeathList _deaths = new(0);

    [Fact]
    public void AProcessThatCannotBegin_IsToldOnce()
    {
        Ended(fruitless: 1, RestartPolicy.ShortestPause);
        Ended(fruitless: 2, RestartPolicy.ShortestPause * 2);
        for (var fruitless = 3; fruitless < 100; fruitless++)
        {
            Ended(fruitless, RestartPolicy.LongestPause);
        }

        _deaths.All.Count.ShouldBe(3);
        Ended(fruitless: 100, RestartPolicy.LongestPause, "another reason");
        Ended(fruitless: 3, RestartPolicy.LongestPause, worker: "a/2");
        _deaths.All.Count.ShouldBe(5);
    }

    [Fact]
    public void OneThatHadBeenReady_IsToldEachTime()
    {
        Ended(fruitless: 1, RestartPolicy.LongestPause);
        Ended(fruitless: 0, RestartPolicy.ShortestPause);
        Ended(fruitless: 0, RestartPolicy.ShortestPause);
        Ended(fruitless: 1, RestartPolicy.LongestPause);

        _deaths.All.Count.ShouldBe(4);
        _deaths.All.Select(death => death.Number).ShouldBe([1, 2, 3, 4]);
    }

    private void Ended(int fruitless, TimeSpan pause, string said = "the token file cannot be read", string worker = "a/1") => _deaths.Add(
        new WorkerEnd(1, worker, 100 + fruitless, 2, "exit code 2", [said], WasAsked: false, pause, fruitless));
}
