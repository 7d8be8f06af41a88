using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Backprop.Coordinator.Cluster.Sessions;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;
using Grpc.Core;
using Status = Grpc.Core.Status;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>
/// What a node answers over gRPC. What people and workers ask is the business of who coordinates: another node says who that is.
/// </summary>
internal sealed class NodeCalls : IClusterCalls
{
    private const double PatienceMaximum = 20;
    private static readonly TimeSpan ReachLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LookForLines = TimeSpan.FromMilliseconds(200);
    private volatile NodeContext? _node;
    private volatile Func<IReadOnlyList<string>>? _members;
    private volatile RecordCalls? _record;

    /// <summary>The run that workers may join.</summary>
    public CurrentRun Run { get; } = new();

    /// <summary>The node is there from now on; earlier calls are told to come again.</summary>
    public void Begin(NodeContext node) => (_record, _node) = (new RecordCalls(node), node);

    /// <summary>The node is a member from now on.</summary>
    /// <param name="members">Gives Akka's addresses of all members.</param>
    public void Become(Func<IReadOnlyList<string>>? members) => _members = members;

    /// <inheritdoc/>
    public async Task<JoinReply> Join(JoinRequest request, IPEndPoint caller, CancellationToken ended)
    {
        if (!Run.IsOpen)
        {
            RequireCoordination();
            await Run.AwaitAsync(PatienceOf(request), Node.Time, ended);
        }

        return await Run.Join(request, caller, ended);
    }

    /// <inheritdoc/>
    public Task<FetchReply> Fetch(FetchRequest request, CancellationToken ended)
    {
        if (!Run.IsOpen)
        {
            RequireCoordination();
        }

        return Run.Fetch(request, ended);
    }

    /// <inheritdoc/>
    public Task<OrderReply> Control(Order order, CancellationToken ended) => Ask<OrderReply>(order, ended);

    /// <inheritdoc/>
    public async Task Watch(WatchRequest request, IServerStreamWriter<WatchReply> replies, CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
        {
            await replies.WriteAsync(await Ask<WatchReply>(ViewRequest.Instance, ended), ended);
            if (request.EverySeconds is not > 0)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromSeconds(Math.Clamp(request.EverySeconds, 0.1, 60)), Node.Time, ended);
        }
    }

    /// <inheritdoc/>
    public async Task Logs(LogRequest request, IServerStreamWriter<Worker.Protocol.LogLine> lines, CancellationToken ended)
    {
        var count = Math.Clamp(request.Lines, 0, LogRing.Lines);
        var (next, found) = request.Name.Length > 0
            ? await LinesOf(new LogRequest { Name = request.Name, Lines = count }, ended)
            : RequireRing().Newest(count);
        while (true)
        {
            foreach (var line in found)
            {
                await lines.WriteAsync(new Worker.Protocol.LogLine { Text = line }, ended);
            }

            if (!request.Follow)
            {
                return;
            }

            await Task.Delay(LookForLines, Node.Time, ended);
            (next, found) = request.Name.Length > 0
                ? await LinesOf(new LogRequest { Name = request.Name, From = next }, ended)
                : Node.Ring.Kept.From(next);
        }
    }

    /// <inheritdoc/>
    public async Task Submit(
        IAsyncStreamReader<SubmitPart> parts, IServerStreamWriter<SubmitReply> replies, CancellationToken ended)
    {
        RequireCoordination();
        try
        {
            RequireQueue();
            if (!await parts.MoveNext(ended) || parts.Current.Submission is not { } submission)
            {
                throw new UserException(ExitCode.Usage, "A submission begins with its run file; install the same version on both sides.");
            }

            SubmissionCheck.Require(submission);
            var files = new SubmittedFiles(Node.Folder.DataFolder);
            var missing = files.Missing(submission.Files);
            await replies.WriteAsync(new SubmitReply { Missing = { missing.Select(file => file.Sha256) } }, ended);
            foreach (var file in missing)
            {
                using var incoming = files.Begin(file);
                while (!incoming.IsWhole && await parts.MoveNext(ended))
                {
                    incoming.Take(parts.Current.File ?? new FilePart());
                }

                incoming.Keep();
            }

            await replies.WriteAsync(await Ask<SubmitReply>(submission, ended), ended);
        }
        catch (UserException refused)
        {
            throw Told(refused);
        }
    }

    /// <inheritdoc/>
    public async Task<MeetReply> Meet(NodeInfo newcomer, IPEndPoint caller, CancellationToken ended)
    {
        if (_node is null)
        {
            return new MeetReply();
        }

        var refusal = Meeting.Judge(newcomer, Node.Info) ?? Meeting.Copy(newcomer, Node.Info) ?? await Unreachable(newcomer);
        if (refusal is null && !Node.Folder.Remember([newcomer]))
        {
            refusal = Refusals.Because(ExitCode.Usage, $"The cluster knows {MailCheck.NodesMaximum} nodes, and takes no more.");
        }

        if (refusal is not null)
        {
            Node.Log.NodeRefused(WireText.Name(newcomer.Name), caller.ToString(), refusal.Reason);
            return new MeetReply { Refusal = refusal };
        }

        if (_members is { } members && Node.Record?.Copy.State.IsOpen == true)
        {
            return new MeetReply
            {
                Cluster = Node.Folder.Cluster,
                Record = Node.Folder.Record,
                Seeds = { members() },
                Nodes = { Node.Folder.Known(Node.Info) },
            };
        }

        // After the newcomer was remembered: who founds has asked all that are.
        return new MeetReply
        {
            Node = Node.Info,
            Nodes = { Node.Folder.Known(Node.Info) },
            Record = Node.Folder.KeepsRecord ? Node.Folder.Record : "",
            Standing = Node.Candidacy.Standing,
        };
    }

    /// <inheritdoc/>
    public Task<PromiseReply> Promise(PromiseRequest request, CancellationToken ended) => Task.FromResult(Record.Promise(request));

    /// <inheritdoc/>
    public Task<AppendReply> Append(AppendRequest request, CancellationToken ended) => Record.Append(request);

    /// <inheritdoc/>
    public Task<PieceReply> Piece(PieceRequest request, CancellationToken ended) => Task.FromResult(Record.Piece(request));

    /// <inheritdoc/>
    public Task<TakeOverReply> TakeOver(TakeOverRequest request, CancellationToken ended) => Task.FromResult(Record.TakeOver(request));

    /// <summary>A worker's lines, from its node.</summary>
    private async Task<(long Next, IReadOnlyList<string> Lines)> LinesOf(LogRequest request, CancellationToken ended)
    {
        var lines = await Ask<LogLines>(request, ended);
        return (lines.Next, lines.Lines);
    }

    /// <summary>The coordinator's log.</summary>
    private LineRing RequireRing()
    {
        RequireCoordination();
        return Node.Ring.Kept;
    }

    private RecordCalls Record => _record ?? throw new RpcException(new Status(StatusCode.Unavailable, "this node is starting"));

    private NodeContext Node => _node ?? throw new RpcException(new Status(StatusCode.Unavailable, "this node is starting"));

    /// <summary>How long a worker waits for a run; what is no number is no patience.</summary>
    private static TimeSpan PatienceOf(JoinRequest request) =>
        TimeSpan.FromSeconds(request.PatienceSeconds is > 0 and var seconds ? Math.Min(seconds, PatienceMaximum) : 0);

    /// <summary>Whether others will reach a newcomer where it says that they will.</summary>
    private static async Task<Refusal?> Unreachable(NodeInfo newcomer)
    {
        try
        {
            var address = HostPort.Parse(newcomer.Address, "--advertise");
            using var limit = new CancellationTokenSource(ReachLimit);
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(address.Host, address.Port, limit.Token);
            return null;
        }
        catch (Exception problem) when (problem is SocketException or OperationCanceledException or UserException or ArgumentException)
        {
            var why = problem is OperationCanceledException ? "no answer" : Shown.Reason(problem);
            return Refusals.Because(
                ExitCode.Usage,
                $"Others cannot reach this node at {WireText.Name(newcomer.Address)} ({why}); name an address that they can, with "
                + "--advertise.");
        }
    }

    /// <exception cref="UserException">This coordinator ends with the run that it was given (exit code 2).</exception>
    private void RequireQueue()
    {
        if (Node.Given is { } given)
        {
            throw new UserException(
                ExitCode.Usage,
                $"This coordinator was given the run {given.Name} and ends with it; submit to a node that 'backprop node' has started.");
        }
    }

    private IActorRef RequireCoordination()
    {
        // One that is not heard any more is not named: it may stand still, and would be waited for.
        var isSilent = Node.Record?.Copy is { State.Voters.Count: > 0, HearsLeader: false };
        var (here, elsewhere) = (Node.Coordination.Here, isSilent ? "" : Node.Coordination.Elsewhere);
        return here ?? throw new RpcException(
            new Status(StatusCode.FailedPrecondition, elsewhere.Length > 0
                ? $"{elsewhere} coordinates"
                : "no node coordinates at the moment; a node with the role coordinator is needed"),
            elsewhere.Length > 0 ? new Metadata { { ClusterChannel.CoordinatorTrailer, elsewhere } } : []);
    }

    private async Task<T> Ask<T>(object question, CancellationToken ended)
    {
        try
        {
            return await RequireCoordination().Ask<object>(question, AnswerLimit, ended) switch
            {
                T answer => answer,
                UserException refused => throw Told(refused),
                var other => throw new InvalidOperationException($"The coordinator answered with a {other.GetType().Name}."),
            };
        }
        catch (Exception problem) when (problem is AskTimeoutException or TaskCanceledException)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, "the coordinator did not answer in time"));
        }
    }

    private static RpcException Told(UserException refused) => new(new Status(
        refused.ExitCode switch
        {
            ExitCode.Storage => StatusCode.DataLoss,
            ExitCode.Mismatch => StatusCode.Aborted,
            ExitCode.Unreachable => StatusCode.Unavailable,
            _ => StatusCode.InvalidArgument,
        },
        refused.Message));
}
