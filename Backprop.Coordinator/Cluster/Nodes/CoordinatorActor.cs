using Akka.Actor;
using Akka.Cluster;
using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>
/// Coordinates a cluster: a singleton on the nodes of the role coordinator. It keeps the record of what was ordered, has nodes run
/// workers, and has one run after the other trained on a thread of its own. A step never passes here.
/// </summary>
internal sealed class CoordinatorActor : ReceiveActor
{
    /// <summary>How long the training may take to stop when another coordinates: longer than most steps with a checkpoint.</summary>
    private static readonly TimeSpan FenceLimit = TimeSpan.FromSeconds(30);

    private readonly NodeContext _node;
    private readonly OrderBook _book = new();
    private readonly NodeTable _nodes = new();
    private readonly Dictionary<string, IActorRef> _voices = [];
    private readonly DeathNews _deaths;
    private readonly long _begunAt;
    private OrderRecord? _record;
    private long _term;
    private int _runs;

    public CoordinatorActor(NodeContext node)
    {
        (_node, _begunAt, _deaths) = (node, node.Time.GetTimestamp(), new DeathNews(node.Log));
        Receive<NodeReport>(report => OrEnd(() => Hear(report)));
        Receive<Order>(order => OrEnd(() => Follow(order)));
        Receive<Submission>(submission => OrEnd(() => Enqueue(submission)));
        Receive<ViewRequest>(_ => Sender.Tell(View()));
        Receive<LogRequest>(Lines);
        Receive<NumberedEnd>(end => OrEnd(() => Ended(end)));
        Receive<ClusterEvent.UnreachableMember>(news => Reach(news.Member, isReachable: false));
        Receive<ClusterEvent.ReachableMember>(news => Reach(news.Member, isReachable: true));
        Receive<ClusterEvent.MemberRemoved>(news => OrEnd(() => Forget(news)));
        Receive<ClusterEvent.CurrentClusterState>(_ => { });
    }

    /// <inheritdoc/>
    protected override void PreStart() => OrEnd(Begin);

    private void Begin()
    {
        _record = OrderRecord.Open(_node.Folder.RecordPath, _book);
        if (_node.Folder.Term is var (heard, holder) && heard > _book.Term && holder.Length > 0)
        {
            // What was ordered and committed since is elsewhere.
            _node.Log.LacksRecord(holder);
            _node.Coordination.BeginHere(Self);
            Become(() => Lack(holder));
            return;
        }

        _term = _node.Folder.ClaimTerm(_book.Term);
        Write(new OrderEntry(EntryKind.Term) { Of = _node.Folder.NodeId, Count = _term });
        _node.Folder.Hear(_term, _node.Options.Name);
        _nodes.Take(NodeActor.ReportOf(_node), Now); // who asks at once sees it too: its first report is still on its way
        _node.Coordination.BeginHere(Self);
        Akka.Cluster.Cluster.Get(Context.System).Subscribe(
            Self, typeof(ClusterEvent.UnreachableMember), typeof(ClusterEvent.ReachableMember), typeof(ClusterEvent.MemberRemoved));
        _node.Log.Coordinates(_node.Options.Name, _term);
        if (_node.Given is { } given)
        {
            Write(new OrderEntry(EntryKind.Submitted) { Of = given.Name, Name = given.Name, Submission = given.Name });
            Write(new OrderEntry(EntryKind.Began) { Of = given.Name });
            Run = given.Steering;
        }

        GoOn();
    }

    /// <summary>The fence: whatever comes next, this node orders and writes nothing more.</summary>
    protected override void PostStop()
    {
        _node.Coordination.EndHere(Self);
        if (Run is { } run && !run.Fence(FenceLimit))
        {
            _node.Log.FenceFailed(FenceLimit.TotalSeconds);
            Environment.Exit((int)ExitCode.Fenced);
        }

        Run?.Dispose();
        Run = null;
        _record?.Dispose();
    }

    /// <summary>The record is at another node: until that one is back, nothing can be ordered.</summary>
    private void Lack(string holder)
    {
        Receive<NodeReport>(report =>
        {
            if (report.HoldsRecord && report.Node?.Name == holder)
            {
                _node.Rejoin();
            }
        });
        ReceiveAny(message =>
        {
            if (message is Order or Submission or ViewRequest)
            {
                Sender.Tell(new UserException(
                    ExitCode.Unreachable,
                    $"What was ordered of the cluster is written down at node {holder}, which is gone; start it again."));
            }
        });
    }

    private ISteeredRun? Run { get => _node.Coordination.Run; set => _node.Coordination.Run = value; }

    private TimeSpan Now => _node.Time.GetElapsedTime(_begunAt);

    private void Hear(NodeReport report)
    {
        if (!_nodes.HasPlaceFor(report.Node.Id))
        {
            SendAway($"The cluster has {MailCheck.NodesMaximum} nodes, and takes no more.");
            return;
        }

        if (_nodes.Take(report, Now) is { } twin)
        {
            SendAway(
                $"Another node is called {WireText.Name(report.Node.Name)} ({WireText.Name(twin.Address)}); give this one another --name.");
            return;
        }

        if (!_voices.ContainsKey(report.Node.Id))
        {
            _node.Log.NodeThere(report.Node.Name, report.Node.Address, string.Join(" and ", report.Node.Roles), report.Node.Cores);
        }

        _voices[report.Node.Id] = Sender;
        _deaths.Hear(report);
        Command(report.Node.Id, _nodes.Wanted(_book).GetValueOrDefault(report.Node.Id));
    }

    private void SendAway(string why) => Sender.Tell(new LeaveCluster { Refusal = Refusals.Because(ExitCode.Usage, why) });

    /// <summary>Tells a node how many workers it is to run, and who says so.</summary>
    private void Command(string node, int count) => _voices[node].Tell(
        _nodes.Command(count, _book.Drained, new RunWorkers
        {
            Term = _term,
            Coordinator = _node.Info.Address,
            Node = _node.Options.Name,
            DeathsHeard = _deaths.HeardOf(node),
        }),
        Self);

    private void Follow(Order order)
    {
        try
        {
            var verdict = new OrderJudge(_book, _nodes.Names, _nodes.RunWorkers).Judge(order);
            if (verdict.Entry is { } entry)
            {
                Write(entry);
            }

            if (verdict.Asks is not null)
            {
                Run?.RequestCheckpoint();
            }

            _node.Log.Said($"ordered: {verdict.Said}");
            Sender.Tell(new OrderReply { Term = _term, Said = verdict.Said });
        }
        catch (UserException refused)
        {
            Sender.Tell(refused);
        }

        GoOn();
    }

    private void Enqueue(Submission submission)
    {
        try
        {
            var run = _book.FindSubmission(submission.Id);
            var isAgain = run is not null;
            if (run is null)
            {
                OrderJudge.RequirePlace(_book);
                var id = _book.NewId(submission.Name);
                SubmittedFiles.KeepRunFile(_node.Folder.RunFileOf(id), submission.RunFile);
                Write(new OrderEntry(EntryKind.Submitted)
                {
                    Of = id,
                    Name = submission.Name,
                    Submission = submission.Id,
                    Files = [.. submission.Files.Select(SubmittedFiles.Kept)],
                });
                run = _book.Find(id)!;
                _node.Log.Said($"submitted: {id}");
            }

            Sender.Tell(new SubmitReply { Accepted = true, Run = run.Id, Place = _book.PlaceOf(run), Again = isAgain, Term = _term });
        }
        catch (UserException refused)
        {
            Sender.Tell(refused);
        }

        GoOn();
    }

    /// <summary>A worker's lines are at its node.</summary>
    private void Lines(LogRequest request)
    {
        var report = _nodes.Reports.FirstOrDefault(report => report.Workers.Any(worker => worker.Name == request.Name));
        if (report is null)
        {
            Sender.Tell(new UserException(
                ExitCode.Usage, $"No worker is called '{WireText.Name(request.Name)}'; 'backprop workers' lists the names."));
        }
        else
        {
            _voices[report.Node.Id].Forward(request);
        }
    }

    private void Ended(NumberedEnd end)
    {
        // Another is of a run that this actor's predecessor had begun.
        if (end.Number != _runs)
        {
            return;
        }

        var ended = end.Ended;
        Run?.Dispose();
        Run = null;
        Write(new OrderEntry(EntryKind.Ended)
        {
            Of = ended.Run,
            State = ended.State,
            ExitCode = (int)ended.ExitCode,
            Message = ended.Message,
        });
        GoOn();
    }

    /// <summary>Brings about what the book says: the run that is next, its pause or stop, and the workers of each node.</summary>
    private void GoOn()
    {
        foreach (var (node, count) in _nodes.Wanted(_book).Where(wanted => _voices.ContainsKey(wanted.Key)))
        {
            Command(node, count);
        }

        if (_book.Current is not { } current)
        {
            return;
        }

        if (Run is not { } run)
        {
            var (self, number) = (Self, ++_runs);
            Write(new OrderEntry(EntryKind.Began) { Of = current.Id });
            run = Run = RunThread.Start(_node, current, _term, ended => self.Tell(new NumberedEnd(number, ended)));
        }

        run.Be(paused: current.PauseOrdered, stopped: current.StopOrdered);
    }

    private void Write(OrderEntry entry)
    {
        var dated = entry with { At = _node.Time.GetUtcNow() };
        _record!.Append(dated);
        _book.Apply(dated);
    }

    private void Reach(Member member, bool isReachable)
    {
        var address = member.Address.ToString();
        var node = _nodes.Mark(address, unreachable: !isReachable);
        _node.Log.NodeReached(node?.Name ?? "that has not reported", address, isReachable ? "can be reached again" : "cannot be reached");
    }

    private void Forget(ClusterEvent.MemberRemoved news)
    {
        if (_nodes.Remove(news.Member.Address.ToString()) is { } node)
        {
            _voices.Remove(node.Id);
            _node.Log.NodeGone(node.Name);
            GoOn();
        }
    }

    /// <summary>Where the record cannot be read or written, the node ends and says why: nobody would know what was ordered.</summary>
    private void OrEnd(Action act)
    {
        try
        {
            act();
            if (_record is { IsBroken: true })
            {
                throw new UserException(
                    ExitCode.Storage,
                    $"{_node.Folder.RecordPath} could not be written to the end; look after the disk and start this node again.");
            }
        }
        catch (UserException problem)
        {
            _node.Refuse(problem);
        }
    }

    private WatchReply View() => ClusterView.Of(
        _book, _nodes, _node.Folder.NodeId, _term, _node.RunFolderOf, Run?.Status);
}
