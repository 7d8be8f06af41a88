using Backprop.Shared.Protocol;

namespace Backprop.Tests.Worker.Shell;

/// <summary>Counts what all threads of the process allocate, so nothing else may run beside it.</summary>
[Collection(nameof(Alone))]
public sealed class WorkerAllocationTests
{
    [Fact]
    public void NothingIsAllocatedForAStep()
    {
        foreach (var hidden in new[] { 8, 40_000 })
        {
            using var scene = new WorkerScene(hidden);
            var coordinator = scene.Coordinator;
            coordinator.Engage();
            long before = 0;
            for (var step = 1; step <= 40; step++)
            {
                coordinator.Assign(FrameKind.AssignSpan, step, 0, 8, 1);
                coordinator.SendWeights(step - 1);
                coordinator.ReceiveSpan();
                before = step == 30 ? GC.GetTotalAllocatedBytes(precise: true) : before;
            }

            // All threads' of the process, so a heartbeat or the runtime may have their share; a step's would be ten times as much.
            (GC.GetTotalAllocatedBytes(precise: true) - before).ShouldBeLessThan(1024);
        }
    }
}

/// <summary>Tests that run when no other does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
