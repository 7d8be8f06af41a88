using Backprop.Coordinator.Cluster.Sessions;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Tests.EndToEnd;

/// <summary>Workers that are let in and never become ready.</summary>
public sealed class PlacesTests
{
    [Fact]
    public void WorkersThatNeverBecomeReady_AreLimitedInNumber_AndTheTrainingGoesOn()
    {
        using var scene = new ClusterScene();
        scene.StartCoordinator("--workers", "1:1");
        scene.Join();
        var dawdlers = new List<RawWorker>();
        try
        {
            for (var i = 0; i < 1 + PreparingPlaces.Spare; i++)
            {
                dawdlers.Add(new RawWorker(scene.Address) { Name = $"dawdler-{i}" }.Enter(null));
                dawdlers.ForEach(d => d.Link.Send(FrameKind.Heartbeat, new Heartbeat()));
            }

            using (var late = new RawWorker(scene.Address))
            {
                late.Ask(null).ShouldBeRefused(ExitCode.TooFewWorkers, "There is no place for another worker", "making ready");
            }

            scene.Coordinator.WaitForLine("refused a worker", "too many are making ready already");
            dawdlers[0].Dispose();
            scene.Coordinator.WaitForLine("dawdler-0 was gone before it was ready");
            using var next = new RawWorker(scene.Address).Enter(null);
            scene.Coordinator.WaitForLine("durable");
        }
        finally
        {
            dawdlers.ForEach(d => d.Dispose());
        }

        scene.StopAndCompare();
    }
}
