using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Tests.Shared;
using Grpc.Core;

namespace Backprop.Tests.Worker.Shell;

/// <summary>What happens before a worker computes, over a network and on one machine: data that it lacks, runs that it refuses.</summary>
public sealed class JoinTests
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
    public void AWorkerOfTheSameMachineReadsTheDataWhereItIs_AndComputesTheSame()
    {
        using var scene = new WorkerScene(data: WorkerScene.Csv, isLocal: true);
        var coordinator = scene.Coordinator;
        coordinator.Engage();

        coordinator.Assign(FrameKind.AssignSpan, 1, 0, 8, 1);
        coordinator.SendWeights(0);
        Bits.ShouldBeSame(coordinator.ReceiveSpan().Gradient, scene.Expected(1, 0, 8).Gradient);
        scene.Said.ShouldContain("data.csv from its own path");
        coordinator.Request!.Protocol.ShouldBe(FrameFormat.ProtocolVersion);
    }

    [Fact]
    public void AWorkerOfTheSameMachineThatCannotReadTheDataSaysSo()
    {
        using var scene = new WorkerScene(data: WorkerScene.Csv, isLocal: true);
        scene.Coordinator.HidesData = true;
        scene.Coordinator.Accept();

        scene.Coordinator.Next().ShouldBe(FrameKind.Failure);
        scene.Coordinator.Link.Close();
        var (code, failure) = scene.End();
        code.ShouldBe(ExitCode.Usage);
        failure!.Message.ShouldStartWith($"This worker cannot read /gone{scene.Folder}/data.csv");
        Directory.Exists(Path.Combine(scene.Folder, "cache")).ShouldBeFalse();
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

        scene.Coordinator.Next().ShouldBe(FrameKind.Failure);
        scene.Coordinator.Link.Close();
        var (code, failure) = scene.End();
        code.ShouldBe(ExitCode.Mismatch);
        failure!.Message.ShouldContain("has SHA-256");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnotherIdentityOrOtherDataIsRefusedWithBothValues(bool isLocal)
    {
        var other = new string('a', 64);
        var bytes = Google.Protobuf.ByteString.CopyFrom(Convert.FromHexString(other));
        foreach (var spoil in new Action<JoinReply>[] { r => r.Offer.Identity = other, r => r.Offer.DataHash = bytes })
        {
            using var scene = new WorkerScene(isLocal: isLocal);
            scene.Coordinator.Spoil = spoil;
            scene.Coordinator.Accept();

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
    public void TheTokenIsSent_AndAWrongOneOrNoneEndsTheWorker()
    {
        var token = new JoinToken("0123456789abcdef"u8);
        using (var scene = new WorkerScene(change: o => o with { Token = token }))
        {
            scene.Coordinator.Accept(token);
            scene.Coordinator.Next().ShouldBe(FrameKind.Ready);
        }

        foreach (var (its, sentence) in new[] { (token, "token is not the coordinator's"), (null, "the worker has none") })
        {
            using var scene = new WorkerScene(change: o => o with { Token = its });
            scene.Coordinator.Sessions.Next().Refuse(StatusCode.Unauthenticated, "");
            var (code, failure) = scene.End();
            code.ShouldBe(ExitCode.Authentication);
            failure!.Message.ShouldContain(sentence);
        }
    }

    [Fact]
    public void ARefusalIsSaidAndEndsTheWorker_WhereverItComes()
    {
        var refusal = Refusals.Because(ExitCode.Dismissed, "A worker of this id is connected.");
        ShouldEnd(isLocal: false, c => c.Sessions.Next().Answer.SetResult(new JoinReply { Refusal = refusal }));
        ShouldEnd(isLocal: true, c =>
        {
            c.Accept(FrameLimits.Joining).ShouldBe(FrameKind.Join);
            c.Link.Send(FrameKind.Refusal, refusal);
        });
        ShouldEnd(isLocal: false, c =>
        {
            c.Accept();
            c.Link.Send(FrameKind.Refusal, refusal);
        });

        static void ShouldEnd(bool isLocal, Action<FakeCoordinator> refuse)
        {
            using var scene = new WorkerScene(isLocal: isLocal);
            refuse(scene.Coordinator);
            var (code, failure) = scene.End();
            code.ShouldBe(ExitCode.Dismissed);
            failure!.Message.ShouldBe("A worker of this id is connected.");
        }
    }

    [Fact]
    public void ARunThatEndsWhileAWorkerIsBeingPreparedIsItsEndToo()
    {
        using var scene = new WorkerScene(data: WorkerScene.Csv);
        scene.Coordinator.HidesData = true;
        scene.Coordinator.Sessions.SendsNothing = true;
        scene.Coordinator.Accept();
        scene.Coordinator.Link.Send(FrameKind.Finished, new Finished { Status = "stopped" });

        scene.End().Code.ShouldBe(ExitCode.Done);
        scene.Coordinator.Sessions.Withheld.ShouldBe(1);
        scene.Said.ShouldContain("the run is over: stopped");
        Directory.GetFiles(Path.Combine(scene.Folder, "cache")).ShouldBeEmpty();
    }

    [Fact]
    public void ACoordinatorThatSendsNoFileAnyMoreIsLeft_AndTriedAgain()
    {
        using var scene = new WorkerScene(data: WorkerScene.Csv);
        scene.Coordinator.HidesData = true;
        scene.Coordinator.Sessions.SendsNothing = true;
        scene.Coordinator.Accept();
        Should.Throw<LinkClosedException>(() => scene.Coordinator.Next());

        scene.Coordinator.Sessions.SendsNothing = false;
        scene.Coordinator.Engage();
        scene.Said.ShouldContain("lost the coordinator: the coordinator does not send its data files any more");
    }

    [Fact]
    public void AWorkerThatStaysAsksAgainAfterTheRun_WithWhatItKnows_AndIsReadyForTheFirstTimeOnce()
    {
        using var scene = new WorkerScene(change: o => o with { Stays = true });
        var coordinator = scene.Coordinator;
        coordinator.Engage();
        (coordinator.Request!.ClusterSeen, coordinator.Request.TermSeen, coordinator.Request.Identity).ShouldBe(("", 0, ""));
        coordinator.Request.PatienceSeconds.ShouldBe(20);
        coordinator.Link.Send(FrameKind.Finished, new Finished { Status = "completed" });

        coordinator.Engage();
        coordinator.Request.ClusterSeen.ShouldBe("0123456789abcdef");
        (coordinator.Request.TermSeen, coordinator.Request.Identity).ShouldBe((5, coordinator.Identity));
        coordinator.Request.Incarnation.ShouldBe(2);
        scene.Stop(ExitCode.Drained);
        coordinator.Next().ShouldBe(FrameKind.Leave);
        coordinator.Link.Close();
        scene.End().Code.ShouldBe(ExitCode.Drained);
        scene.Readies.ShouldBe(2);
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
}
