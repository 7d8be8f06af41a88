namespace Backprop.Tests.EndToEnd;

/// <summary>A coordinator that may have only few files open, and more strangers at its port than that.</summary>
public sealed class DescriptorTests
{
    private const int Descriptors = 256;
    private const int Strangers = 400;

    [Fact]
    public void StrangersWithoutEnd_TakeNoDescriptorThatTheRunNeeds_AndKeepNoWorkerOut()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no such limit.");
        using var scene = new ClusterScene();
        scene.StartCoordinator(Descriptors);
        scene.Join();
        var strangers = new List<RawWorker>();
        try
        {
            for (var i = 0; i < Strangers; i++)
            {
                strangers.Add(new RawWorker(scene.Address));
            }

            scene.Coordinator.WaitForLine("nobody new is let in for now: ", "no file descriptors left", "ulimit -n");
            scene.Join();
            scene.Coordinator.WaitForLine("durable");
            scene.Coordinator.WaitForLine("durable");
        }
        finally
        {
            strangers.ForEach(s => s.Dispose());
        }

        scene.Coordinator.SendTerminate();
        var log = scene.Coordinator.Finish().Error;
        log.Split("nobody new is let in").Length.ShouldBe(2, log);
        log.Split("there is no room for it").Length.ShouldBeLessThan(30, log);
        scene.CompareWithUndisturbed();
    }
}
