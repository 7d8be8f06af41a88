using Backprop.Shared.Gradients;
using Backprop.Shared.Protocol;
using Backprop.Tests.EndToEnd;
using Backprop.Tests.Worker.Training;
using Backprop.Worker.Shell;
using Backprop.Worker.Training;

namespace Backprop.Tests.Coordinator.Cluster;

/// <summary>
/// Workers that share memory with their coordinator: the weights are those of an undisturbed run in one process, whoever shares, lies or
/// goes (contract 2 and 3), and what was answered counts though the one who answered is gone.
/// </summary>
public sealed class SharedMemoryTests
{
    public SharedMemoryTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux has such memory");

    [Fact]
    public void NothingOfWeightsAndGradientsTravels()
    {
        using var scene = new SharedRunScene();
        scene.Join();
        scene.Join(slots: 2);

        scene.ShouldEndAsUndisturbed();

        var parameters = scene.Run.Model.Layout.Length * sizeof(float);
        scene.Traffic.BytesSent.ShouldBeLessThan(SharedRunScene.Steps * (long)parameters);
        scene.Traffic.BytesReceived.ShouldBeLessThan(SharedRunScene.Steps * (long)parameters);
    }

    [Fact]
    public void AWorkerThatCannotOpenTheMemory_TakesPartThroughItsConnection()
    {
        using var scene = new SharedRunScene();
        using var raw = scene.Enter();
        using var engine = new SpanEngine(scene.Run, 1);
        using var worker = new WorkerShell(raw.Link, engine);
        raw.Link.Send(FrameKind.Ready, new Ready { Speed = 1e6 });
        scene.Join();
        var thread = new Thread(() => worker.Serve());
        thread.Start();

        scene.ShouldEndAsUndisturbed();

        thread.Join();
        scene.Traffic.BytesReceived.ShouldBeGreaterThan(scene.Run.Model.Layout.Length * sizeof(float));
    }

    [Fact]
    public void WhatWasAnswered_CountsThoughTheWorkerIsGone()
    {
        using var scene = new SharedRunScene();
        for (var visit = 0; visit < 5; visit++)
        {
            using var raw = scene.Share(out var shared);
            using var engine = new SpanEngine(scene.Run, 1);
            engine.Shared = shared;
            var order = raw.NextOrder();
            var vector = shared.Gradients.Count - 1;
            engine.Begin(order.Step, new ShardSpan(order.First, order.Count), vector);
            engine.Compute(new UndisturbedStep()).ShouldBeTrue();

            Announce(raw, order, vector, 0, raw.Length);
            raw.SendDone(order, engine.Loss);
            engine.StopSharing();
        }

        scene.Join();
        scene.ShouldEndAsUndisturbed();
    }

    [Fact]
    public void WhatWasOnlyAnnounced_IsNotUsed()
    {
        using var scene = new SharedRunScene();
        using var raw = scene.Share(out var shared);
        var order = raw.NextOrder();
        shared.Gradients[1].Values.Fill(7);
        Announce(raw, order, 1, raw.Length / 2, raw.Length - (raw.Length / 2));
        scene.Join();
        shared.Gradients[1].Values.Fill(float.NaN);
        raw.Dispose();

        scene.ShouldEndAsUndisturbed();
        shared.Dispose();
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    [InlineData(1_000)]
    public void AVectorThatDoesNotExist_EndsTheConnection(int vector)
    {
        using var scene = new SharedRunScene();
        using var raw = scene.Share(out var shared);
        Announce(raw, raw.NextOrder(), vector, 0, raw.Length);

        raw.ShouldBeClosed();

        scene.Join();
        scene.ShouldEndAsUndisturbed();
        shared.Dispose();
    }

    [Fact]
    public void AGradientThatTravelsAllTheSame_EndsTheConnection()
    {
        using var scene = new SharedRunScene();
        using var raw = scene.Share(out var shared);
        raw.SendGradient(raw.NextOrder(), 0, raw.Length);

        raw.ShouldBeClosed();

        scene.Join();
        scene.ShouldEndAsUndisturbed();
        shared.Dispose();
    }

    private static void Announce(RawWorker worker, StepEnvelope order, int vector, int start, int elements)
    {
        var part = order.Clone();
        (part.Start, part.Elements, part.Vector, part.Generation) = (start, elements, vector, 0);
        worker.Link.Send(FrameKind.Gradient, part);
    }
}
