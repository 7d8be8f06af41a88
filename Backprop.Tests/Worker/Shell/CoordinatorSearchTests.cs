using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Tests.TestUtilities;
using Grpc.Core;

namespace Backprop.Tests.Worker.Shell;

/// <summary>How a worker finds who coordinates: addresses at which nobody is, or somebody else, or a node that sends it on.</summary>
public sealed class CoordinatorSearchTests
{
    private static readonly HostPort Nobody = new("127.0.0.1", 1);

    [Fact]
    public void ACoordinatorThatIsNotThereIsGivenUp()
    {
        using var scene = new WorkerScene(change: o => o with { Coordinators = [Nobody], GiveUp = TimeSpan.Zero });

        var (code, failure) = scene.End();
        code.ShouldBe(ExitCode.Unreachable);
        failure!.Message.ShouldMatch(@"No coordinator at 127\.0\.0\.1:1 for 0 s \(127\.0\.0\.1:1 cannot be reached: .*\); check the");
    }

    [Fact]
    public void OfSeveralAddressesEachIsAskedInOneAttempt()
    {
        using var scene = new WorkerScene(change: o => o with { Coordinators = [Nobody, .. o.Coordinators], GiveUp = TimeSpan.Zero });
        scene.Coordinator.Engage();
        scene.Said.ShouldNotContain("no coordinator yet");
    }

    [Fact]
    public void WhoDoesNotCoordinateSendsAWorkerOn_AndIsAskedAgainWhereItKnowsNobody()
    {
        using var scene = new WorkerScene();
        var coordinator = scene.Coordinator;
        using var node = new FakeSessions(coordinator.Files);
        coordinator.Sessions.Next().Refuse(
            StatusCode.FailedPrecondition, "there", new Metadata.Entry("backprop-coordinator", node.Address.ToString()));
        node.Next().Refuse(StatusCode.FailedPrecondition, "Nobody is known.");
        coordinator.Engage();

        coordinator.Request!.Incarnation.ShouldBe(3);
        scene.Said.ShouldContain($"no coordinator yet: {node.Address} does not coordinate: Nobody is known; next try in 0.20 s");
    }

    [Theory]
    [InlineData("here")]
    [InlineData("127.0.0.1:0")]
    [InlineData("[::1]")]
    public void WhatIsNoAddressSendsNobodyOn(string trailer)
    {
        using var scene = new WorkerScene();
        scene.Coordinator.Sessions.Next().Refuse(
            StatusCode.FailedPrecondition, "there", new Metadata.Entry("backprop-coordinator", trailer));
        scene.Coordinator.Engage();
    }

    [Fact]
    public void NodesThatSendAWorkerInACircleAreLeftAfterThreeHops()
    {
        using var scene = new WorkerScene();
        var sessions = scene.Coordinator.Sessions;
        for (var hop = 0; hop <= 3; hop++)
        {
            scene.Said.ShouldBeEmpty();
            sessions.Next().Refuse(
                StatusCode.FailedPrecondition, "there", new Metadata.Entry("backprop-coordinator", sessions.Address.ToString()));
        }

        scene.Coordinator.Engage();
        scene.Said.ShouldContain("next try in 0.20 s");
    }

    [Fact]
    public void ATokenIsNotSentOnToAnotherMachine()
    {
        using var scene = new WorkerScene(change: o => o with { Token = new JoinToken("0123456789abcdef"u8) });
        scene.Coordinator.Sessions.Next().Refuse(
            StatusCode.FailedPrecondition, "there", new Metadata.Entry("backprop-coordinator", "192.0.2.1:7400"));

        var (code, failure) = scene.End();
        code.ShouldBe(ExitCode.Usage);
        failure!.Message.ShouldContain("The token would be sent to 192.0.2.1:7400, another machine, in the clear");
    }

    [Fact]
    public void WhoHasNoRunYetIsAskedAgainSoon()
    {
        using var scene = new WorkerScene(change: o => o with { Stays = true, GiveUp = TimeSpan.Zero });
        scene.Coordinator.Sessions.Next().Refuse(StatusCode.Unavailable, "No run is going on.");
        scene.Coordinator.Engage();
        scene.Said.ShouldContain("answers: No run is going on; next try in 0.20 s");
    }

    [Fact]
    public void WhoCoordinatedOnceIsNotWorkedForAgain()
    {
        using var scene = new WorkerScene();
        var coordinator = scene.Coordinator;
        coordinator.Engage();
        coordinator.Link.Close();
        coordinator.Spoil = reply => reply.Term = 4;
        coordinator.Sessions.Next().Answer.SetResult(coordinator.Reply());

        coordinator.Spoil = reply => (reply.Cluster, reply.Term) = ("another", 1);
        coordinator.Engage();
        scene.Said.ShouldContain("coordinated the cluster in term 4, and this worker has worked for it in term 5");
    }

    [Theory]
    [InlineData("no run")]
    [InlineData("no ticket")]
    [InlineData("no port")]
    [InlineData("no heartbeat")]
    [InlineData("a cluster with an escape")]
    public void AReplyThatIsNoneIsTriedAgain(string what)
    {
        using var scene = new WorkerScene();
        scene.Coordinator.Spoil = reply =>
        {
            switch (what)
            {
                case "no run":
                    reply.Offer = null;
                    break;
                case "no ticket":
                    reply.Ticket = Google.Protobuf.ByteString.Empty;
                    break;
                case "no port":
                    reply.LinkPort = 65_536;
                    break;
                case "no heartbeat":
                    reply.HeartbeatSeconds = double.NaN;
                    break;
                default:
                    reply.Cluster = "\u001b[2J";
                    break;
            }
        };
        scene.Coordinator.Sessions.Next().Answer.SetResult(scene.Coordinator.Reply());
        scene.Coordinator.Spoil = null;
        scene.Coordinator.Engage();
        scene.Said.ShouldContain("no coordinator yet: ");
    }

    [Fact]
    public void SomebodyElseOnThePort_OrSomebodyWhoSaysNothing_IsNamed()
    {
        using var silent = new OtherService();
        Reason(silent.Address).ShouldContain($"{silent.Address} accepted the connection, but did not answer in time");
        using var other = new OtherService("HTTP/1.1 400 Bad Request\r\n\r\n");
        Reason(other.Address).ShouldContain($"{other.Address} is no coordinator: it does not speak HTTP/2");

        static string Reason(HostPort address)
        {
            using var scene = new WorkerScene(change: o => o with
            {
                Coordinators = [address],
                GiveUp = TimeSpan.Zero,
                GreetingTimeout = TimeSpan.FromSeconds(1),
            });
            var (code, failure) = scene.End();
            code.ShouldBe(ExitCode.Unreachable);
            return failure!.Message;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WhoIsAskedToGoWhileItWaitsForAnAnswerGoesAtOnce(bool isLocal)
    {
        using var scene = new WorkerScene(isLocal: isLocal);
        if (isLocal)
        {
            scene.Coordinator.Accept(FrameLimits.Joining).ShouldBe(FrameKind.Join);
        }
        else
        {
            scene.Coordinator.Sessions.Next();
        }

        scene.Stop(ExitCode.Interrupted);
        scene.End().Code.ShouldBe(ExitCode.Interrupted);
    }
}
