using System.Net;
using System.Runtime.Serialization;
using Backprop.Coordinator.Cluster;
using Backprop.Coordinator.Cluster.Links;
using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Sessions;
using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Training;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Backprop.Tests.Golden;
using Backprop.Tests.TestUtilities;
using Backprop.Worker.Protocol;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;

namespace Backprop.Tests.Coordinator.Cluster.Fuzz;

/// <summary>
/// Gives each kind of message to the code that judges it, and demands a proper answer: it is taken, refused with an exit code that is
/// documented, or ended with a status. Any other exception is the caller's to report.
/// </summary>
internal sealed class MessageJudges : IDisposable
{
    private const string Yaml = """
        data: { train: { kind: synthetic, samples: 20, inputs: 2, classes: 2 } }
        model: [{ linear: { out: 2 } }]
        loss: cross-entropy
        optimizer: { kind: sgd, rate: 0.01 }
        batch: 4
        steps: 1
        """;

    private static readonly IPEndPoint Caller = new(IPAddress.Loopback, 5);
    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _time = new();
    private readonly MailSerializer _mail = new(null!);
    private readonly OrderBook _book = new();
    private readonly OfferedRun _offered;
    private readonly RunWeights _weights;
    private readonly WorkerLog _log;
    private readonly WorkerSessions _sessions;
    private readonly CurrentRun _run = new();
    private readonly NodeCalls _calls = new();
    private readonly NodeFolder _node;
    private readonly SubmittedFiles _files;
    private readonly RecordJudge _record = new();
    private NodeTable _nodes = new();

    public MessageJudges()
    {
        var run = GoldenRuns.Parse(Yaml);
        _weights = new RunWeights(run.Model, run.File.Optimizer);
        File.WriteAllBytes(_folder["data.csv"], GoodMessages.Data);
        var file = new RunDataFile("data.csv", _folder["data.csv"], GoodMessages.Data.Length, GoodMessages.Hash.ToByteArray());
        var offer = new RunOffer("", [], [], Yaml, [new OfferedFile(0, file.Name, file.Path, file.Size, file.Sha256)]);
        _offered = new OfferedRun("fuzz", offer, new FileChunks([file]));
        var options = new ClusterOptions { Listen = LinkAddress.Parse("127.0.0.1:0", "--listen") };
        var rules = run.Setup(null, keepsRecord: true).Rules;
        _log = new WorkerLog(NullLogger.Instance, 2, new RunProgress(rules, _time), _time);
        var context = new LinkContext(
            _offered, 2, options.Liveness, new PublishedWeights(_weights), null!, null!, null!, _time);
        _sessions = new WorkerSessions(
            context, new WorkerRegistry(options, _time), options, 1, NullLogger.Instance, _log, new StatusBoard(rules, 0).Workers);
        _run.Open(_sessions);
        _node = NodeFolder.Open(_folder["node"]);
        _files = new SubmittedFiles(_node.DataFolder);
        var nodeOptions = new NodeOptions { Name = "left", Listen = new("127.0.0.1", 0), Roles = [NodeOptions.Coordinator], Workers = 0 };
        _calls.Begin(new NodeContext(nodeOptions, _node, null!, null!, null!, _time)
        {
            Coordination = new Coordination(),
            Info = GoodMessages.Node(),
        });
        _book.Apply(new OrderEntry(EntryKind.Submitted) { Of = "fuzz", Name = "fuzz", Submission = "fuzz" });
        _book.Apply(new OrderEntry(EntryKind.Scaled) { Count = 4 });
    }

    /// <summary>Messages that were taken.</summary>
    public int Taken { get; private set; }

    /// <summary>Messages that were not, with a word why.</summary>
    public int Refused { get; private set; }

    public void Dispose()
    {
        _record.Dispose();
        _sessions.Dispose();
        _node.Dispose();
        _log.Dispose();
        _offered.Dispose();
        _weights.Dispose();
        _folder.Dispose();
    }

    /// <summary>Gives a message to its judge.</summary>
    public void Judge(IMessage message)
    {
        try
        {
            var isTaken = Answer(message);
            (Taken, Refused) = isTaken ? (Taken + 1, Refused) : (Taken, Refused + 1);
        }
        catch (UserException refused)
        {
            refused.ExitCode.ShouldBeOneOf(ExitCode.Usage, ExitCode.Mismatch, ExitCode.Dismissed, ExitCode.TooFewWorkers);
            Refused++;
        }
        catch (Exception refused) when (refused is RpcException or OperationCanceledException or SerializationException)
        {
            Refused++;
        }
    }

    /// <summary>What may come as mail between nodes goes through its serializer, as bytes that may be anything.</summary>
    /// <returns>Null where it is refused.</returns>
    public IMessage? Deliver(string manifest, byte[] bytes)
    {
        try
        {
            return (IMessage)_mail.FromBinary(bytes, manifest);
        }
        catch (Exception refused) when (refused is SerializationException or ArgumentException)
        {
            return null;
        }
    }

    private bool Answer(IMessage message) => message switch
    {
        JoinRequest request => Join(request),
        FetchRequest request => Fetch(request),
        Order order => new OrderJudge(_book, _nodes.Names, _nodes.RunWorkers).Judge(order).Said.Length > 0,
        SubmitPart part => part.WhatCase switch
        {
            SubmitPart.WhatOneofCase.Submission => Submit(part.Submission),
            SubmitPart.WhatOneofCase.File => Take(part.File),
            SubmitPart.WhatOneofCase.None => false,
        },
        Submission submission => Submit(submission),
        FilePart part => Take(part),
        NodeInfo node => Meeting.Judge(node, GoodMessages.Node()) is not { } refusal || Documented(refusal),
        MeetReply reply => reply.Refusal is { } refusal ? Documented(refusal) : Follow(reply),
        NodeReport or RunWorkers or LeaveCluster or LogRequest or LogLines => Receive(message),
        PromiseRequest or PromiseReply or AppendRequest or AppendReply or PieceRequest => _record.Judge(message),
        _ => true,
    };

    private bool Join(JoinRequest request)
    {
        // Nobody waits in a test: whoever has patience is told that the call has ended.
        using var ended = new CancellationTokenSource();
        ended.Cancel();
        _time.Leap(1);
        Should.Throw<Exception>(() => _calls.Join(request, Caller, ended.Token).GetAwaiter().GetResult())
            .ShouldBeAssignableTo<RpcException>();
        Waits(request, ended.Token);
        return _run.Join(request, Caller, default).GetAwaiter().GetResult() is not { Refusal: { } refusal } || Documented(refusal);
    }

    /// <summary>A node that coordinates, between two runs.</summary>
    private void Waits(JoinRequest request, CancellationToken ended)
    {
        var idle = new NodeCalls();
        var coordination = new Coordination();
        coordination.BeginHere(Akka.Actor.ActorRefs.Nobody);
        idle.Begin(new NodeContext(null!, _node, null!, null!, null!, _time) { Coordination = coordination });
        try
        {
            idle.Join(request, Caller, ended).GetAwaiter().GetResult();
        }
        catch (Exception over) when (over is RpcException or OperationCanceledException)
        {
            // There is no run, and nobody waits.
        }
    }

    private bool Fetch(FetchRequest request)
    {
        if (_sessions.Files.Fetch(request, default).GetAwaiter().GetResult() is { } piece)
        {
            piece.Bytes.Length.ShouldBeInRange(1, GoodMessages.Data.Length);
        }

        return _run.Fetch(request, default).GetAwaiter().GetResult().Bytes.Length > 0;
    }

    private bool Submit(Submission submission)
    {
        SubmissionCheck.Require(submission);
        Path.GetDirectoryName(Path.GetFullPath(_node.RunFileOf(submission.Name))).ShouldBe(Path.Combine(_node.Path, "queue"));
        Path.GetDirectoryName(Path.GetFullPath(_node.RunFolderOf(submission.Name))).ShouldBe(Path.Combine(_node.Path, "runs"));
        foreach (var file in _files.Missing(submission.Files))
        {
            var path = _files.PathOf(SubmittedFiles.Kept(file));
            Path.GetDirectoryName(Path.GetFullPath(path)).ShouldBe(_node.DataFolder);
            Path.GetFileName(path).Length.ShouldBeLessThan(240);
        }

        submission.Files.ToDictionary(file => file.Path).Count.ShouldBe(submission.Files.Count);
        return true;
    }

    private bool Take(FilePart part)
    {
        var file = new DataFile { Name = "x", Path = "/x", Size = GoodMessages.Data.Length, Sha256 = GoodMessages.Hash };
        using var incoming = _files.Begin(file);
        incoming.Take(part);
        return true;
    }

    private bool Follow(MeetReply reply)
    {
        if (!MailCheck.IsReply(reply))
        {
            return false;
        }

        if (reply.Cluster.Length > 0)
        {
            reply.Seeds.ShouldAllBe(seed => Membership.TryParse(seed) != null);
        }

        return true;
    }

    /// <summary>What an actor makes of mail.</summary>
    private bool Receive(IMessage message)
    {
        switch (Deliver(message.Descriptor.Name, message.ToByteArray()))
        {
            case NodeReport report:
                // A table of a few nodes, anew from time to time.
                _nodes = _nodes.Reports.Count() > 20 ? new NodeTable() : _nodes;
                _time.Leap(1);
                _nodes.Take(report, TimeSpan.FromSeconds(_time.GetTimestamp()));
                _nodes.Wanted(_book).Values.ShouldAllBe(count => count >= 0 && count <= OrderJudge.WorkersMaximum);
                ClusterView.Of(_book, _nodes, "x", 1, run => run, null).ToByteArray();
                return true;
            case RunWorkers order:
                order.Nodes.Prepend(new NodeInfo { Address = order.Coordinator })
                    .ShouldAllBe(node => HostPort.Parse(node.Address, "x").Port > 0);
                (order.Term + 1).ShouldBeGreaterThan(0);
                return true;
            case LeaveCluster leave:
                return Documented(leave.Refusal);
            case null:
                return false;
            default:
                return true;
        }
    }

    private static bool Documented(Refusal refusal)
    {
        Refusals.ToException(refusal).Message.Length.ShouldBeLessThan(600);
        return false;
    }
}
