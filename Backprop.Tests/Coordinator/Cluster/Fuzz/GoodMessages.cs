using System.Security.Cryptography;
using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Record;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Backprop.Worker.Protocol;
using Google.Protobuf;

namespace Backprop.Tests.Coordinator.Cluster.Fuzz;

/// <summary>One message of each kind that somebody else may send, as honest senders fill it.</summary>
internal static class GoodMessages
{
    public const string RunFile = """
        name: fuzz
        seed: 5
        data: { train: { kind: csv, path: /data/train.csv, target: label, task: classification }, test: { fraction: 0.2 } }
        model: [{ linear: { out: 30 } }, relu, { linear: { out: 4 } }]
        loss: cross-entropy
        optimizer: { kind: adam, rate: 0.01 }
        batch: 24
        clip: { norm: 0.5 }
        shards: 8
        steps: 60
        evaluate: { everySteps: 7, metrics: [accuracy] }
        """;

    /// <summary>The bytes of the data file that a submission promises.</summary>
    public static readonly byte[] Data = [1, 2, 3, 4, 5, 6, 7, 8];

    public static readonly ByteString Hash = ByteString.CopyFrom(SHA256.HashData(Data));

    public static NodeInfo Node() => new()
    {
        Id = "0123456789abcdef",
        Name = "left",
        Version = "0.1.0",
        Protocol = FrameFormat.ProtocolVersion,
        Numerics = NumericsVersion.Current,
        Roles = { NodeOptions.Coordinator, NodeOptions.Worker },
        Cores = 2,
        Address = "127.0.0.1:7400",
        AkkaAddress = "akka.tcp://backprop-0123456789abcdef@127.0.0.1:7401",
    };

    public static IMessage[] All()
    {
        var file = new DataFile { Name = "train.csv", Path = "/data/train.csv", Size = Data.Length, Sha256 = Hash };
        var submission = new Submission { Name = "fuzz", RunFile = RunFile, Files = { file } };
        submission.Id = SubmissionCheck.IdOf(submission.RunFile, submission.Files);
        var part = new FilePart { Sha256 = Hash, Bytes = ByteString.CopyFrom(Data) };
        return
        [
            new JoinRequest
            {
                Protocol = FrameFormat.ProtocolVersion, Numerics = NumericsVersion.Current, Version = "0.1.0", Name = "left",
                Instance = ByteString.CopyFrom(new byte[16]), Incarnation = 1, Slots = 2, PatienceSeconds = 1, ClusterSeen = "0123",
                TermSeen = 3,
            },
            new FetchRequest { Worker = 1, Sha256 = Hash, Offset = 3 }, new Order { Drain = "left/1" }, new Order { Scale = 4 },
            submission, new SubmitPart { Submission = submission }, new SubmitPart { File = part }, part,
            new LogRequest { Name = "left/1", Lines = 20 }, new LogLines { Lines = { "one", "two" } }, Node(), Report(),
            new RunWorkers
            {
                Term = 3, Count = 2, Drained = { "left/2" }, Coordinator = "127.0.0.1:7400", DeathsHeard = 1, Node = "left",
                Nodes = { Node() },
            },
            new LeaveCluster { Refusal = Refusals.Because(Backprop.Shared.Primitives.ExitCode.Usage, "no") },
            new ReportTo { Term = 3 },
            new MeetReply { Cluster = "0123456789abcdef", Record = "0123456789abcdef", Seeds = { Node().AkkaAddress }, Nodes = { Node() } },
            new WatchRequest { EverySeconds = 1 }, new Open { Ticket = Hash, Term = 3 },
            new PromiseRequest
            {
                Record = "0123456789abcdef", Node = "fedcba9876543210", Term = 4, LastTerm = 3, LastIndex = 2, Trial = true,
            },
            new PromiseReply { Given = true, Promised = 4 }, Append(), new AppendReply { Taken = true, Matched = 3, Promised = 3 },
            new PieceRequest { Record = "0123456789abcdef", Path = "runs/fuzz/ledger.jsonl", Offset = 3, Length = Data.Length },
            new PieceReply { Bytes = ByteString.CopyFrom(Data) }, new TakeOverRequest { Sure = true },
        ];
    }

    private static AppendRequest Append()
    {
        var kept = new KeptFile("runs/fuzz/ledger.jsonl", Data.Length, Convert.ToHexStringLower(Hash.Span));
        var entry = new RecordEntry(3, new OrderEntry(EntryKind.Durable) { Of = "fuzz", Count = 7, Kept = [kept] });
        var came = new RecordInput.EntriesCame("0123456789abcdef", 3, new Position(2, 1), [entry], 1, Resigns: false);
        return RecordMail.Of(came, [false], Node(), "0123456789abcdef");
    }

    private static NodeReport Report() => new()
    {
        Node = Node(),
        WorkersOwn = 2,
        Term = 3,
        Workers = { new WorkerView { Name = "left/1", Process = 9, State = "running", Restarts = 1, LastEnd = "exit code 1" } },
        Deaths = { new WorkerDeath { Number = 1, Worker = "left/1", Process = 8, How = "exit code 1", Said = "x", RestartSeconds = 0.2 } },
    };
}
