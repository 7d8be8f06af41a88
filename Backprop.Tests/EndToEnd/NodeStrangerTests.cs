using System.Net;
using System.Net.Sockets;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Backprop.Worker.Protocol;
using Google.Protobuf;
using Grpc.Core;

namespace Backprop.Tests.EndToEnd;

/// <summary>
/// Whoever comes to a port of a node and may not come in, while a run goes on: a closed connection, or a refusal in words; the training
/// goes on to the same weights (<see cref="AttackedCluster"/> compares them at the end).
/// </summary>
[Collection(AttackedCluster.Name)]
public sealed class NodeStrangerTests(AttackedCluster cluster)
{
    [Fact]
    public void NonsenseAtEachOfTheThreePorts_IsClosed_AndTheRunGoesOn()
    {
        var (strangers, waitedFor) = (new List<RawWorker>(), new HashSet<RawWorker>());
        try
        {
            foreach (var row in StrangerTests.Nonsense)
            {
                // Akka waits for as many bytes as the first four say: none of it is nonsense to it before they have come.
                using (var akka = new TcpClient("127.0.0.1", cluster.First.AkkaPort))
                {
                    akka.GetStream().Write(row.Data.Item2);
                }

                foreach (var port in (int[])[cluster.GrpcPort, cluster.LinkPort])
                {
                    strangers.Add(RawWorker.AtLinks(port));
                    strangers[^1].SendRaw([.. row.Data.Item2, .. new byte[64]]);
                    if (port == cluster.GrpcPort && row.Data.Item1 != "HTTP")
                    {
                        waitedFor.Add(strangers[^1]);
                    }
                }
            }

            // What could still become HTTP is waited for, some seconds longer than this test has to take: the server is the one that
            // StrangerTests have seen close it.
            strangers.Where(stranger => !waitedFor.Contains(stranger)).ToList().ForEach(stranger => stranger.ShouldEnd());
            cluster.ShouldGoOn();
        }
        finally
        {
            strangers.ForEach(stranger => stranger.Dispose());
        }
    }

    [Fact]
    public async Task AMessageThatSaysItHasTwoGigabytes_EndsItsCall()
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{cluster.First.Address}/backprop.Cluster/Join")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([0, 0x7F, 0xFF, 0xFF, 0xFF, 1, 2, 3]),
        };
        request.Content.Headers.ContentType = new("application/grpc");
        request.Headers.TryAddWithoutValidation("te", "trailers");
        request.Headers.TryAddWithoutValidation("authorization", cluster.Token.Bearer);

        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);

        var status = answer.TrailingHeaders.Concat(answer.Headers).Single(header => header.Key == "grpc-status").Value.Single();
        status.ShouldBe($"{(int)StatusCode.ResourceExhausted}");
    }

    [Fact]
    public void ANodeOfAnotherVersion_IsRefusedWithBoth()
    {
        ShouldBeRefused(ExitCode.Mismatch, node => node.Numerics++, "This node (version ", "install the same version of Backprop");
        ShouldBeRefused(ExitCode.Mismatch, node => node.Protocol--, "protocol 1 and numerics", "install the same version");
        ShouldBeRefused(ExitCode.Usage, node => node.Name = "b\u001b[31m", "does not say who it is as nodes of this version do");
        ShouldBeRefused(ExitCode.Usage, node => node.Address = "127.0.0.1:1", "cannot reach this node at 127.0.0.1:1", "--advertise");
        cluster.ShouldGoOn();
    }

    [Fact]
    public void AWorkerOfAnotherVersion_IsRefusedWithBoth()
    {
        using var numerics = cluster.Come("old");
        numerics.Ask(cluster.Token, request => request.Numerics--).ShouldBeRefused(ExitCode.Mismatch, "computes with numerics version");
        using var protocol = cluster.Come("old");
        protocol.Ask(cluster.Token, request => request.Protocol = 1).ShouldBeRefused(ExitCode.Mismatch, "speaks protocol version 1");
        cluster.WaitForLine("refused ", "speaks protocol version 1");
    }

    [Fact]
    public void AWrongToken_IsRefusedWhateverIsAsked()
    {
        foreach (var token in new JoinToken?[] { null, new("another secret, 0123456789"u8) })
        {
            var caller = cluster.Caller(token);
            Action[] calls =
            [
                () => caller.Call((client, options) => client.Meet(Present(), options)),
                () => caller.Call((client, options) => client.Join(new JoinRequest(), options)),
                () => caller.Call((client, options) => client.Control(new Order { Stop = "" }, options)),
                () => caller.Call((client, options) => Submit(client, options, new Submission())),
                () => caller.Call((client, options) => client.Promise(new PromiseRequest(), options)),
                () => caller.Call((client, options) => client.Append(new AppendRequest(), options)),
                () => caller.Call((client, options) => client.Piece(new PieceRequest(), options)),
                () => caller.Call((client, options) => client.TakeOver(new TakeOverRequest(), options)),
                () => caller.Call((client, options) => client.Logs(new LogRequest(), options).ResponseStream.MoveNext().Result),
            ];
            foreach (var call in calls)
            {
                var refused = Should.Throw<Exception>(call);
                (refused.GetBaseException() as RpcException)!.StatusCode.ShouldBe(StatusCode.Unauthenticated);
            }
        }

        cluster.ShouldGoOn();
    }

    [Fact]
    public void ATicketOpensOneLink_AndAnInventedOneNone()
    {
        using var first = cluster.Come("ticket").Ask(cluster.Token).OpenLink();
        using (var second = first.Twin().OpenLink())
        {
            second.ShouldBeClosed();
        }

        using (var invented = first.Twin().OpenLink(open => open.Ticket = ByteString.CopyFrom(new byte[32])))
        {
            invented.ShouldBeClosed();
        }

        cluster.WaitForLine("refused a stranger", "its ticket is none, used, too old, or another's");
        first.Link.Send(FrameKind.Ready, new Ready { Speed = 1e6 });
        cluster.WaitForLine("joined ", $"({first.Name},");
        first.NextOrder().Count.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void TwoWorkersOfOneName_BothCompute_AndTheLogSaysWhoIsWho()
    {
        using var first = cluster.Come("twin").Join(cluster.Token);
        cluster.WaitForLine("joined ", $"({first.Name},");
        using var second = new RawWorker(cluster.First.Address) { Name = first.Name }.Join(cluster.Token);
        cluster.WaitForLine($" are both called {first.Name}; both compute", "--name");
        using var child = new RawWorker(cluster.First.Address) { Name = "a/1" }.Join(cluster.Token);
        cluster.WaitForLine(" are both called a/1; both compute", "--name");

        first.NextOrder().Count.ShouldBeGreaterThan(0);
        second.NextOrder().Count.ShouldBeGreaterThan(0);
        child.NextOrder().Count.ShouldBeGreaterThan(0);
        cluster.Ask("drain", first.Name).ShouldFail(2, $"No node or worker process of one is called '{first.Name}'", "Ctrl+C");
    }

    [Fact]
    public void ASubmissionThatNamesAFileOfTheNode_IsRefused()
    {
        var submission = new Submission
        {
            Id = "i",
            Name = "thief",
            RunFile = """
                name: thief
                data: { train: { kind: csv, path: /etc/passwd } }
                model: [ linear: 2 ]
                loss: mse
                optimizer: { kind: sgd, rate: 0.1 }
                batch: 4
                steps: 1
                """,
        };

        var refused = Should.Throw<AggregateException>(() =>
            cluster.Caller(cluster.Token).Call((client, options) => Submit(client, options, submission)));

        var status = refused.GetBaseException().ShouldBeOfType<RpcException>().Status;
        status.StatusCode.ShouldBe(StatusCode.InvalidArgument);
        status.Detail.ShouldContain("The run file names /etc/passwd, which does not come with it");
    }

    [Fact]
    public void OrdersThatChangeNothingSaySo_AndARunIsNotQueuedTwice()
    {
        cluster.Submit().ShouldSucceed().Output.ShouldBe("submitted before, and not again: endless; no run is before it\n");
        cluster.Submit("--set", "seed=2").ShouldSucceed().Output.ShouldBe("submitted: endless-2; 1 run before it\n");
        Give(new Order { Stop = "endless-2" }).ShouldBe("endless-2 is taken from the queue");
        cluster.Ask("stop", "endless-2").ShouldFail(2, "The run endless-2 has ended already: stopped");
        cluster.Ask("resume").ShouldSucceed().Output.ShouldBe("endless is not paused\n");
        Give(new Order { Drain = "b" }).ShouldBe("b finishes what it has and computes no more");
        cluster.Ask("drain", "b").ShouldSucceed().Output.ShouldBe("b is drained already\n");
        Give(new Order { Undrain = "b" }).ShouldBe("b computes again");
        cluster.Ask("undrain", "b").ShouldFail(2, "'b' is not drained", "backprop workers");
        Give(new Order { Scale = 1 });
        cluster.Ask("scale", "1").ShouldSucceed().Output.ShouldBe("the cluster runs 1 worker already\n");
        cluster.ShouldGoOn();
    }

    [Fact]
    public void WorkerProcessesThatCannotBegin_AreTriedAgainLater_AndTheOthersTrainOn()
    {
        File.Delete(cluster.SecondTokenFile);
        try
        {
            cluster.Ask("scale", "2").ShouldSucceed();

            cluster.WaitForLine("worker b/1", "exit code 2", "started again in 10.0 s", $"{cluster.SecondTokenFile}' cannot be read");
            var workers = cluster.Ask("workers").ShouldSucceed().Output;
            workers.ShouldContain("pausing");
            workers.ShouldContain("exit code 2 (the command line, the run file or the data is wrong)");
            cluster.ShouldGoOn();
        }
        finally
        {
            cluster.WriteSecondToken();
            Give(new Order { Scale = 1 });
        }
    }

    /// <summary>An order as a command gives it, without the time that a process takes.</summary>
    private string Give(Order order) => cluster.Caller(cluster.Token).Call((client, options) => client.Control(order, options)).Said;

    private static bool Submit(Cluster.ClusterClient client, CallOptions options, Submission submission)
    {
        using var call = client.Submit(options);
        try
        {
            call.RequestStream.WriteAsync(new SubmitPart { Submission = submission }).Wait();
        }
        catch (AggregateException ended) when (ended.InnerException is RpcException or InvalidOperationException)
        {
            // It was refused before it was written: the answer says why.
        }

        return call.ResponseStream.MoveNext(CancellationToken.None).Result;
    }

    private static NodeInfo Present() => new()
    {
        Id = "stranger",
        Name = "stranger",
        Version = ProgramVersion.Text,
        Protocol = FrameFormat.ProtocolVersion,
        Numerics = NumericsVersion.Current,
        Roles = { "worker" },
        Cores = 1,
        Address = "127.0.0.1:1",
    };

    private void ShouldBeRefused(ExitCode code, Action<NodeInfo> spoil, params string[] parts)
    {
        var node = Present();
        spoil(node);

        var reply = cluster.Caller(cluster.Token).Call((client, options) => client.Meet(node, options));

        reply.Cluster.ShouldBeEmpty();
        reply.Refusal.ExitCode.ShouldBe((int)code);
        foreach (var part in parts)
        {
            reply.Refusal.Reason.ShouldContain(part);
        }

        cluster.WaitForLine("\"id\":6013", parts[^1]);
    }
}
