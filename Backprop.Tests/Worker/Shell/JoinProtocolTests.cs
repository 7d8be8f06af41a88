using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Tests.Shared;

namespace Backprop.Tests.Worker.Shell;

/// <summary>What happens before a worker computes: data that it lacks, runs that it refuses, coordinators that are none.</summary>
public sealed class JoinProtocolTests
{
    [Fact]
    public void AWorkerWithoutTheDataIsSentIt_AndKeepsIt()
    {
        using var scene = new WorkerScene(data: WorkerScene.Csv);
        var coordinator = scene.Coordinator;
        coordinator.HidesData = true;
        coordinator.Engage();

        coordinator.FilesSent.ShouldBe(1);
        coordinator.Assign(FrameKind.AssignSpan, 1, 0, 8, 1);
        coordinator.SendWeights(0);
        Bits.ShouldBeSame(coordinator.ReceiveSpan().Gradient, scene.Expected(1, 0, 8).Gradient);
        scene.Said.ShouldContain("data.csv from the coordinator");
        Directory.GetFiles(Path.Combine(scene.Folder, "cache")).Length.ShouldBe(1);
    }

    [Fact]
    public void AWorkerWithAnotherFileOfThatNameRefuses()
    {
        using var scene = new WorkerScene(data: WorkerScene.Csv, change: options =>
        {
            var given = Directory.CreateDirectory(Path.Combine(options.CacheFolder, "given")).FullName;
            File.WriteAllText(Path.Combine(given, "data.csv"), "1,2,0\n");
            return options with { DataFolder = given };
        });
        scene.Coordinator.Accept();
        scene.Coordinator.OfferRun();

        scene.Coordinator.Next().ShouldBe(FrameKind.Failure);
        scene.Coordinator.Link.Close();
        var (code, failure) = scene.End();
        code.ShouldBe(ExitCode.Mismatch);
        failure!.Message.ShouldContain("has SHA-256");
    }

    [Fact]
    public void AnotherIdentityOrOtherDataIsRefusedWithBothValues()
    {
        var other = new string('a', 64);
        var bytes = Google.Protobuf.ByteString.CopyFrom(Convert.FromHexString(other));
        foreach (var spoil in new Action<Run>[] { r => r.Identity = other, r => r.DataHash = bytes })
        {
            using var scene = new WorkerScene();
            scene.Coordinator.Spoil = spoil;
            scene.Coordinator.Accept();
            scene.Coordinator.OfferRun();

            scene.Coordinator.Next().ShouldBe(FrameKind.Failure);
            var failure = Envelopes.Read(Failure.Parser, scene.Coordinator.Link.Scanner.Envelope);
            scene.Coordinator.Link.Close();
            var (code, problem) = scene.End();
            code.ShouldBe(ExitCode.Mismatch);
            problem!.Message.ShouldBe(failure.Message);
            problem.Message.ShouldContain(other);
            problem.Message.ShouldMatch("[0-9a-f]{64}.*[0-9a-f]{64}");
        }
    }

    [Fact]
    public void WithTheTokenItIsLetIn_AndAWorkerWithATokenRefusesACoordinatorWithout()
    {
        var token = new JoinToken("0123456789abcdef"u8);
        using (var scene = new WorkerScene(change: o => o with { Token = token }))
        {
            scene.Coordinator.Accept(token);
            scene.Coordinator.OfferRun();
            scene.Coordinator.Next().ShouldBe(FrameKind.Ready);
        }

        using var alone = new WorkerScene(change: o => o with { Token = token });
        Should.Throw<LinkClosedException>(() => alone.Coordinator.Accept());
        alone.End().Code.ShouldBe(ExitCode.Authentication);
    }

    [Fact]
    public void ARefusalIsSaidAndEndsTheWorker()
    {
        using var scene = new WorkerScene();
        scene.Coordinator.Accept();
        scene.Coordinator.Link.Send(FrameKind.Refusal, Refusals.Because(ExitCode.Usage, "A worker of this id is connected."));

        var (code, failure) = scene.End();
        code.ShouldBe(ExitCode.Usage);
        failure!.Message.ShouldBe("A worker of this id is connected.");
    }

    [Fact]
    public void ARunThatEndsWhileAWorkerIsBeingPreparedIsItsEndToo()
    {
        using var scene = new WorkerScene(data: WorkerScene.Csv);
        scene.Coordinator.HidesData = true;
        scene.Coordinator.Accept();
        scene.Coordinator.OfferRun();
        scene.Coordinator.Next().ShouldBe(FrameKind.FileRequest);
        scene.Coordinator.Link.Send(FrameKind.Finished, new Finished { Status = "stopped" });

        scene.End().Code.ShouldBe(ExitCode.Done);
        Directory.GetFiles(Path.Combine(scene.Folder, "cache")).ShouldBeEmpty();
    }

    [Fact]
    public void ACoordinatorThatIsNotThereIsGivenUp()
    {
        using var scene = new WorkerScene(change: o => o with { Coordinator = new HostPort("127.0.0.1", 1), GiveUp = TimeSpan.Zero });

        var (code, failure) = scene.End();
        code.ShouldBe(ExitCode.Unreachable);
        failure!.Message.ShouldContain("No coordinator at 127.0.0.1:1");
    }

    [Fact]
    public void ASilentCoordinatorIsLeft_AndTriedAgain_WhileTheWorkerItselfIsNeverSilent()
    {
        using var scene = new WorkerScene();
        var coordinator = scene.Coordinator;
        coordinator.Liveness = new Liveness(TimeSpan.FromMilliseconds(40), TimeSpan.FromMilliseconds(400));
        coordinator.Engage();
        for (var beat = 0; beat < 3; beat++)
        {
            coordinator.Link.Receive();
            coordinator.Link.Scanner.Kind.ShouldBe(FrameKind.Heartbeat);
        }

        coordinator.Engage();
        scene.Said.ShouldContain("lost the coordinator: nothing was heard from the coordinator for ");
    }

    [Fact]
    public void SomebodyElseOnThePort_OrSomebodyWhoSaysNothing_IsTriedAgain()
    {
        using var scene = new WorkerScene(change: o => o with { GreetingTimeout = TimeSpan.FromMilliseconds(200) });
        using (var other = scene.Coordinator.AcceptRaw())
        {
            other.Send("HTTP/1.1 400 Bad Request\r\n\r\n"u8);
            using var silent = scene.Coordinator.AcceptRaw();
            scene.Coordinator.Engage();
        }

        scene.Said.ShouldContain("does not speak Backprop's protocol");
        scene.Said.ShouldContain("did not answer in time");
    }
}
