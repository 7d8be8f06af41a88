using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using Backprop.Shared.Gradients;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Google.Protobuf;

namespace Backprop.Tests.Worker.Shell;

/// <summary>The other end of a worker's connection, said word by word by a test.</summary>
internal sealed class FakeCoordinator : IDisposable
{
    private readonly Socket _listener;
    private readonly Lazy<FakeSessions> _sessions;
    private readonly StepEnvelopeReader _reader = new();
    private readonly StepEnvelope _work = new();
    private readonly float[] _gradient;
    private FrameLink? _link;
    private Socket? _socket;

    /// <param name="isLocal">It is met on this machine, without gRPC.</param>
    public FakeCoordinator(PreparedRun run, bool isLocal = false)
    {
        (Run, IsLocal) = (run, isLocal);
        Map = new PartitionMap(run.Model.Layout);
        Files = new FileChunks(RunData.FilesOf(run.File));
        Weights = GC.AllocateArray<float>(run.Model.Layout.Length, pinned: true);
        run.Model.Initialize(run.File.Seed, Weights);
        _gradient = GC.AllocateArray<float>(Math.Max(1, run.Model.Layout.Length), pinned: true);
        var place = isLocal ? LinkAddress.Own(RandomNumberGenerator.GetBytes(8)) : new HostPort("127.0.0.1", 0);
        var endPoint = place.Resolve()[0];
        _listener = LinkAddress.NewSocket(endPoint);
        _listener.Bind(endPoint);
        _listener.Listen();
        _sessions = new Lazy<FakeSessions>(() => new FakeSessions(Files));
    }

    public PreparedRun Run { get; }

    public PartitionMap Map { get; }

    public FileChunks Files { get; }

    public float[] Weights { get; }

    public bool IsLocal { get; }

    /// <summary>What a worker is told.</summary>
    public LinkAddress Address => IsLocal ? LinkAddress : Sessions.Address;

    /// <summary>Where links are opened.</summary>
    public LinkAddress LinkAddress => LinkAddress.Of(_listener);

    public FakeSessions Sessions => _sessions.Value;

    public FrameLink Link => _link!;

    /// <summary>What the last worker asked.</summary>
    public JoinRequest? Request { get; private set; }

    public int FilesSent => Sessions.FilesSent;

    /// <summary>What the last BlocksDone held.</summary>
    public double[] Sums { get; private set; } = [];

    public Liveness Liveness { get; set; } = Liveness.Default;

    /// <summary>The worker is told a path where it has no file.</summary>
    public bool HidesData { get; set; }

    /// <summary>Changed before it is sent, to be wrong.</summary>
    public Action<JoinReply>? Spoil { get; set; }

    public string Identity => RunIdentity.Compute(Run.File, Run.Data.Hash.AsSpan(), []);

    /// <summary>Waits for a worker and lets it in.</summary>
    public void Accept(JoinToken? token = null)
    {
        if (IsLocal)
        {
            Accept(FrameLimits.Joining).ShouldBe(FrameKind.Join);
            Request = Envelopes.Read(JoinRequest.Parser, Link.Scanner.Envelope);
            var joined = Reply();
            var file = joined.RunFile.ToByteArray();
            joined.RunFile = ByteString.Empty;
            Link.Send<byte>(FrameKind.Joined, joined, file);
        }
        else
        {
            var asked = Sessions.Next();
            asked.Authorization.ShouldBe(token?.Bearer);
            Accept(asked);
        }

        Link.Scanner.Limits = FrameLimits.Worker;
    }

    /// <summary>Lets a worker in that has asked over a network.</summary>
    public void Accept(FakeSessions.Asked asked)
    {
        Request = asked.Request;
        var reply = Reply();
        asked.Answer.SetResult(reply);
        Accept(FrameLimits.Opening).ShouldBe(FrameKind.Open);
        var open = Envelopes.Read(Open.Parser, Link.Scanner.Envelope);
        (open.Ticket, open.Term).ShouldBe((reply.Ticket, reply.Term));
        Link.Scanner.Limits = FrameLimits.Worker;
    }

    /// <summary>Takes the next connection.</summary>
    /// <returns>The first frame.</returns>
    public FrameKind Accept(FrameLimits limits)
    {
        _socket = _listener.Accept();
        _link?.Dispose();
        _link = new FrameLink(_socket, new FrameScanner(limits), TimeProvider.System);
        return Next();
    }

    /// <summary>What lets a worker in.</summary>
    public JoinReply Reply()
    {
        var reply = new JoinReply
        {
            Worker = 7,
            Run = Run.File.Name,
            HeartbeatSeconds = Liveness.Heartbeat.TotalSeconds,
            SilenceSeconds = Liveness.Silence.TotalSeconds,
            Offer = new Run { Identity = Identity, DataHash = ByteString.CopyFrom(Run.Data.Hash.AsSpan()) },
            RunFile = ByteString.CopyFromUtf8(
                RunData.At(Run.File, RunData.PathsOf(Run.File).ToDictionary(p => p, Shown)).ToYaml()),
            Cluster = "0123456789abcdef",
            Term = 5,
        };
        if (!IsLocal)
        {
            reply.Ticket = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(32));
            reply.LinkPort = LinkAddress.HostPort.Port;
        }

        foreach (var file in Files.Files)
        {
            reply.Offer.Files.Add(new Backprop.Shared.Protocol.DataFile
            {
                Name = file.Name,
                Path = Shown(file.Path),
                Size = file.Size,
                Sha256 = ByteString.CopyFrom(file.Sha256),
            });
        }

        Spoil?.Invoke(reply);
        return reply;
    }

    /// <summary>Waits for a connection to a worker that needs no greeting.</summary>
    public void AcceptReady() => _link = new FrameLink(_listener.Accept(), new FrameScanner(FrameLimits.Worker), TimeProvider.System);

    /// <summary>Waits for a worker and says nothing.</summary>
    public Socket AcceptRaw() => _listener.Accept();

    /// <summary>Waits for a worker and brings it to the point where it computes.</summary>
    public void Engage()
    {
        Accept();
        Next().ShouldBe(FrameKind.Ready);
    }

    /// <summary>The weights of so many completed steps, whole or some partitions of them.</summary>
    public void SendWeights(int completed, int from = 0, int to = int.MaxValue)
    {
        for (var i = from; i < Math.Min(to, Map.Count); i++)
        {
            var (start, length) = Map[i];
            Clear();
            (_work.Step, _work.Start, _work.Elements) = (completed, start, length);
            Link.Send<float>(FrameKind.Weights, _work, Weights.AsSpan(start, length));
        }
    }

    /// <summary>A partition whose content changed while it was being sent: nonsense, and the word that it is.</summary>
    public void SendVoidWeights(int completed, int partition)
    {
        var (start, length) = Map[partition];
        Clear();
        (_work.Step, _work.Start, _work.Elements) = (completed, start, length);
        var envelope = _work.ToByteArray();
        var (head, payload) = (FrameFormat.HeaderBytes + envelope.Length, length * sizeof(float));
        var frame = new byte[head + payload + FrameFormat.TrailerBytes];
        envelope.CopyTo(frame.AsSpan(FrameFormat.HeaderBytes));
        FrameHeader.Write(frame, FrameKind.Weights, envelope.Length, payload);
        frame.AsSpan(head, payload).Fill(0x7F);
        frame[head + payload] = FrameFormat.Void;
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(head + payload + 1), Crc32C.Append(0, [FrameFormat.Void]));
        for (var sent = 0; sent < frame.Length;)
        {
            sent += _socket!.Send(frame.AsSpan(sent));
        }
    }

    public void Assign(FrameKind kind, int step, int first, int count, int attempt)
    {
        Clear();
        (_work.Step, _work.First, _work.Count, _work.Attempt, _work.Generation) = (step, first, count, attempt, 1);
        Link.Send(kind, _work);
    }

    /// <summary>The next answer of a span: its gradient, its end.</summary>
    public (StepEnvelope Done, float[] Gradient) ReceiveSpan()
    {
        var expected = Map.Length;
        while (true)
        {
            var kind = Next();
            if (kind == FrameKind.SpanDone)
            {
                return (_reader.Read(Link.Scanner.Envelope), _gradient);
            }

            var work = _reader.Read(Link.Scanner.Envelope);
            expected = work.Start + work.Elements == Map.Length ? Map.Length : expected;
            if (kind != FrameKind.Gradient || work.Start + work.Elements != expected)
            {
                Assert.Fail($"A frame {kind} of elements {work.Start}+{work.Elements}, where {expected} is the end of what comes next.");
            }

            expected = work.Start;
        }
    }

    /// <summary>The next frame but heartbeats; gradients are put together, other payloads passed over.</summary>
    public FrameKind Next()
    {
        while (true)
        {
            if (Link.Receive() == ScanEvent.Envelope)
            {
                Into();
                Link.Receive();
            }

            if (Link.Scanner.Kind != FrameKind.Heartbeat)
            {
                return Link.Scanner.Kind;
            }
        }
    }

    public void Dispose()
    {
        _link?.Dispose();
        _listener.Dispose();
        if (_sessions.IsValueCreated)
        {
            Sessions.Dispose();
        }

        Files.Dispose();
    }

    private void Into()
    {
        if (Link.Scanner.Kind == FrameKind.Gradient)
        {
            var part = _reader.Read(Link.Scanner.Envelope);
            Link.Scanner.IntoPinned(_gradient.AsSpan(part.Start, part.Elements));
        }
        else if (Link.Scanner.Kind == FrameKind.BlocksDone)
        {
            Sums = GC.AllocateArray<double>(Link.Scanner.PayloadLength / sizeof(double), pinned: true);
            Link.Scanner.IntoPinned<double>(Sums);
        }
        else
        {
            Link.Scanner.Skip();
        }
    }

    private string Shown(string path) => HidesData ? $"/gone{path}" : path;

    private void Clear()
    {
        (_work.Step, _work.First, _work.Count, _work.Attempt, _work.Generation, _work.Start, _work.Elements) = (0, 0, 0, 0, 0, 0, 0);
    }
}
