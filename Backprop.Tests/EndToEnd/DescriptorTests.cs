namespace Backprop.Tests.EndToEnd;

/// <summary>A coordinator that may have only few files open, and more strangers at its ports than that.</summary>
public sealed class DescriptorTests
{
    private const int Descriptors = 512;
    private const int Strangers = 300;

    [Fact]
    public void StrangersWithoutEnd_TakeNoDescriptorThatTheRunNeeds()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no such limit.");
        using var scene = new ClusterScene();
        scene.StartCoordinator(Descriptors, "--workers", "1:4");
        scene.Join();
        var strangers = new List<RawWorker>();
        try
        {
            for (var i = 0; i < Strangers; i++)
            {
                strangers.Add(RawWorker.AtLinks(scene.LinkPort));
                strangers.Add(RawWorker.AtLinks(scene.GrpcPort));
            }

            scene.Coordinator.WaitForLine("refused a stranger at ", "others wait");
            scene.Coordinator.WaitForLine("durable");
            strangers.ForEach(s => s.Dispose());
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
        log.ShouldNotContain("nobody new is let in");
        log.Split("others wait").Length.ShouldBeLessThan(30, log);
        scene.CompareWithUndisturbed();
    }
}
