using System.Net.Sockets;
using Backprop.Shared.Gradients;
using Backprop.Shared.Layers;
using Backprop.Shared.Models;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Backprop.Tests.Shared;
using Backprop.Worker.Shell;
using Backprop.Worker.Training;

namespace Backprop.Tests.Worker.Shell;

/// <summary>
/// Layers that throw, gradients that are not finite, layers that take long: the coordinator is told, and the worker goes on, or goes.
/// </summary>
public sealed class WorkerFailureTests
{
    private const string Yaml = """
        name: faulty
        data: { train: { kind: synthetic, samples: 40, inputs: 6, classes: 3 } }
        model: [{ linear: { out: WIDE } }, { linear: { out: 3 } }]
        loss: cross-entropy
        optimizer: { kind: sgd, rate: 0.1 }
        batch: 16
        steps: 9
        """;

    [Theory]
    [InlineData(8, 1)]
    [InlineData(8, 2)]
    [InlineData(40_000, 1)]
    [InlineData(40_000, 2)]
    public void AFailureIsNamed_AndTheNextSpanIsRight(int wide, int slots)
    {
        var fault = new LayerFault();
        using var coordinator = new FakeCoordinator(Load(wide, fault));
        Serve(coordinator, slots, _ =>
        {
            coordinator.SendWeights(0);
            coordinator.Assign(FrameKind.AssignSpan, 1, 0, 4, 1);
            var expected = coordinator.ReceiveSpan().Gradient.ToArray();

            fault.Throws = true;
            coordinator.Assign(FrameKind.AssignSpan, 1, 4, 4, 2);
            coordinator.Next().ShouldBe(FrameKind.Failure);
            var failure = Envelopes.Read(Failure.Parser, coordinator.Link.Scanner.Envelope);
            (failure.Step, failure.First, failure.Count, failure.Attempt, failure.Evaluation).ShouldBe((1, 4, 4, 2, false));
            failure.Message.ShouldContain("layers.1 failed at step 1 on sample ");

            fault.Throws = false;
            coordinator.Assign(FrameKind.AssignSpan, 1, 0, 4, 3);
            Bits.ShouldBeSame(coordinator.ReceiveSpan().Gradient, expected);

            fault.Spoils = true;
            coordinator.Assign(FrameKind.AssignSpan, 1, 0, 4, 4);
            // It is sent as it is: the coordinator, who cannot rely on anybody's word, finds it.
            FiniteCheck.All(coordinator.ReceiveSpan().Gradient).ShouldBeFalse();
        });
    }

    [Fact]
    public void WhoAsksAWorkerToGo_IsHeardWhileALayerIsStillComputed()
    {
        var fault = new LayerFault();
        using var pause = new Pause();
        fault.Pauses = pause;
        using var coordinator = new FakeCoordinator(Load(8, fault));
        Serve(coordinator, 1, worker =>
        {
            try
            {
                coordinator.SendWeights(0);
                coordinator.Assign(FrameKind.AssignSpan, 1, 0, 4, 1);
                pause.HasBegun.Wait();
                worker.Leave("enough");

                coordinator.Next().ShouldBe(FrameKind.Leave);
                Envelopes.Read(Leave.Parser, coordinator.Link.Scanner.Envelope).Reason.ShouldBe("enough");
                Should.Throw<LinkClosedException>(() => coordinator.Next());
            }
            finally
            {
                pause.MayGoOn.Set();
            }
        });
    }

    private static PreparedRun Load(int wide, LayerFault fault)
    {
        var file = RunFile.Parse(Yaml.Replace("WIDE", $"{wide}", StringComparison.Ordinal), "faulty.yaml", "", []);
        var run = PreparedRun.Load(file);
        LayerSpec[] layers = [file.Model[0], new FaultyLayerSpec(fault), file.Model[1]];
        return run with { Model = Model.Build(layers, run.Data.Train.SampleShape) };
    }

    private static void Serve(FakeCoordinator coordinator, int slots, Action<WorkerShell> test)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(coordinator.LinkAddress.Resolve()[0]);
        coordinator.AcceptReady();
        using var link = new FrameLink(socket, new FrameScanner(FrameLimits.Coordinator), TimeProvider.System);
        using var engine = new SpanEngine(coordinator.Run, slots);
        using var worker = new WorkerShell(link, engine);
        var thread = new Thread(() => Should.Throw<LinkClosedException>(() => worker.Serve()));
        thread.Start();
        try
        {
            test(worker);
        }
        finally
        {
            coordinator.Link.Close();
            link.Close();
            thread.Join();
        }
    }
}
