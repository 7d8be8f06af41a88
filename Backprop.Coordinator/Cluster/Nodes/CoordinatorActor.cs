using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Tools.PublishSubscribe;
using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Record;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>An entry of the record is committed.</summary>
internal sealed record EntryAgreed(long Index, RecordEntry Entry);

/// <summary>Time to look after the cluster.</summary>
internal sealed class LookAround
{
    /// <summary>The only one.</summary>
    public static LookAround Instance { get; } = new();
}

/// <summary>
/// Coordinates a cluster in one term: at the node that leads its record, as long as it does. It has what is ordered written down, has
/// nodes run workers, and has one run after the other trained on a thread of its own. It acts on what is committed alone. A step never
/// passes here.
/// </summary>
internal sealed class CoordinatorActor : ReceiveActor
{
    /// <summary>How long the training may take to stop when another coordinates: longer than most steps with a checkpoint.</summary>
    private static readonly TimeSpan FenceLimit = TimeSpan.FromSeconds(30);

    /// <summary>Where nodes hear who coordinates.</summary>
    public const string Topic = "coordinator";

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>Who has just begun waits for the nodes' reports before it moves workers from one to another.</summary>
    private static readonly TimeSpan ReportPatience = TimeSpan.FromSeconds(4);

    private readonly NodeContext _node;
    private readonly long _term;
    private readonly RecordCopy _record;
    private readonly AgreedBook _book;
    private readonly NodeTable _nodes = new();
    private readonly OrderDesk _desk;
    private readonly ClusterCare _care;
    private readonly Dictionary<string, IActorRef> _voices = [];
    private readonly DeathNews _deaths;
    private readonly long _begunAt;
    private ICancelable? _looks;
    private int _runs;

    /// <param name="record">The record that this node leads.</param>
    /// <param name="term">The term in which it does.</param>
    public CoordinatorActor(NodeContext node, RecordCopy record, long term)
    {
        (_node, _record, _term, _begunAt, _deaths) = (node, record, term, node.Time.GetTimestamp(), new DeathNews(node.Log));
        _book = new AgreedBook(record, term);
        _desk = new OrderDesk(node, _book, _nodes, term);
        _care = new ClusterCare(node, record, _nodes);
        Receive<EntryAgreed>(agreed => OrEnd(() => Agree(agreed)));
        Receive<LookAround>(_ => OrEnd(Look));
        Receive<NodeReport>(report => OrEnd(() => Hear(report)));
        Receive<Order>(order => OrEnd(() => _desk.Take(order, Sender)));
        Receive<Submission>(submission => OrEnd(() => _desk.Take(submission, Sender)));
        Receive<ViewRequest>(_ => Sender.Tell(View()));
        Receive<LogRequest>(Lines);
        Receive<NumberedEnd>(end => OrEnd(() => Ended(end)));
        Receive<ClusterEvent.UnreachableMember>(news => Reach(news.Member, isReachable: false));
        Receive<ClusterEvent.ReachableMember>(news => Reach(news.Member, isReachable: true));
        Receive<ClusterEvent.MemberRemoved>(news => OrEnd(() => Forget(news)));
        Receive<ClusterEvent.MemberUp>(news => Greet(news.Member));
        Receive<ClusterEvent.CurrentClusterState>(now => now.Members.ToList().ForEach(Greet));
    }

    /// <inheritdoc/>
    protected override void PreStart() => OrEnd(Begin);

    private void Begin()
    {
        var self = Self;
        if (!_book.Begin((index, entry) => self.Tell(new EntryAgreed(index, entry))))
        {
            return;
        }

        _node.Folder.Hear(_term, _node.Options.Name);
        _nodes.Take(NodeActor.ReportOf(_node), Now); // who asks at once sees it too: its first report is still on its way
        _node.Coordination.BeginHere(Self);
        Akka.Cluster.Cluster.Get(Context.System).Subscribe(
            Self, [typeof(ClusterEvent.MemberUp), typeof(ClusterEvent.IReachabilityEvent), typeof(ClusterEvent.MemberRemoved)]);
        _node.Log.Coordinates(_node.Options.Name, _term);
        _looks = Context.System.Scheduler.ScheduleTellRepeatedlyCancelable(TimeSpan.Zero, LookEvery, Self, LookAround.Instance, Self);
        if (_node.Given is { } given)
        {
            Propose(new OrderEntry(EntryKind.Submitted) { Of = given.Name, Name = given.Name, Submission = given.Name });
            Propose(new OrderEntry(EntryKind.Began) { Of = given.Name });
            Run = given.Steering;
        }

        GoOn();
    }

    /// <summary>The fence: whatever comes next, this node orders and writes nothing more.</summary>
    protected override void PostStop()
    {
        _looks?.Cancel();
        _node.Coordination.EndHere(Self);
        _book.Lose();
        if (Run is { } run && !run.Fence(FenceLimit))
        {
            _node.Log.FenceFailed(FenceLimit.TotalSeconds);
            Environment.Exit((int)ExitCode.Fenced);
        }

        Run?.Dispose();
        Run = null;
    }

    /// <summary>Says who coordinates, removes who is gone, and chooses who decides.</summary>
    private void Look()
    {
        DistributedPubSub.Get(Context.System).Mediator.Tell(new Publish(Topic, new ReportTo { Term = _term }));
        _care.RemoveTheGone(Akka.Cluster.Cluster.Get(Context.System), Now);
        if (_care.NextVoters() is { } voters)
        {
            Propose(new OrderEntry(EntryKind.Configured) { Voters = voters });
        }

        if (Now >= ReportPatience)
        {
            _care.Advise();
        }

        GoOn();
    }

    /// <summary>A member hears at once who coordinates: what is published to all reaches a new one only seconds later.</summary>
    private void Greet(Member member) =>
        Context.ActorSelection(new RootActorPath(member.Address) / "user" / Membership.Voice).Tell(new ReportTo { Term = _term }, Self);

    private void Agree(EntryAgreed agreed)
    {
        _book.Commit(agreed.Index, agreed.Entry);
        GoOn();
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
        if (HasHeardAll())
        {
            Command(report.Node.Id, _nodes.Wanted(_book.Agreed).GetValueOrDefault(report.Node.Id));
        }
    }

    private void SendAway(string why) => Sender.Tell(new LeaveCluster { Refusal = Refusals.Because(ExitCode.Usage, why) });

    /// <summary>Tells a node how many workers it is to run, and who says so.</summary>
    private void Command(string node, int count) => _voices[node].Tell(
        _nodes.Command(count, _book.Agreed.Drained, new RunWorkers
        {
            Term = _term,
            Coordinator = _node.Info.Address,
            Node = _node.Options.Name,
            DeathsHeard = _deaths.HeardOf(node),
        }),
        Self);

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
        if (Resignation.IsDue(ended.ExitCode, _record.State, ended.Run))
        {
            // What ended it is this node's, not the run's: another may go on with it.
            _node.Log.HandsOver(ended.Run, ended.Message);
            _ = _record.ResignAsync();
            return;
        }

        Propose(new OrderEntry(EntryKind.Ended)
        {
            Of = ended.Run,
            State = ended.State,
            ExitCode = (int)ended.ExitCode,
            Message = ended.Message,
            Kept = ended.Kept,
        });
    }

    /// <summary>Brings about what the book says: the run that is next, its pause or stop, and the workers of each node.</summary>
    private void GoOn()
    {
        if (HasHeardAll())
        {
            foreach (var (node, count) in _nodes.Wanted(_book.Agreed).Where(wanted => _voices.ContainsKey(wanted.Key)))
            {
                Command(node, count);
            }
        }

        if (_book.Agreed.Current is not { } current || _book.Draft.Find(current.Id) is not { } drafted || drafted.State.IsEnded())
        {
            return;
        }

        if (Run is not { } run)
        {
            if (!current.HasBegun)
            {
                if (!drafted.HasBegun)
                {
                    Propose(new OrderEntry(EntryKind.Began) { Of = current.Id });
                }

                return;
            }

            var (self, number) = (Self, ++_runs);
            run = Run = RunThread.Start(_node, _record, current, _term, ended => self.Tell(new NumberedEnd(number, ended)));
        }

        run.Be(paused: current.PauseOrdered, stopped: current.StopOrdered);
    }

    private void Propose(OrderEntry entry, Action? done = null, Action? lost = null) =>
        _book.Propose(entry with { At = _node.Time.GetUtcNow() }, done, lost);

    /// <summary>Whether all members have reported: before that, workers would be moved to and fro.</summary>
    private bool HasHeardAll() => Now >= ReportPatience
        || Akka.Cluster.Cluster.Get(Context.System).State.Members.Count <= _voices.Count;

    private void Reach(Member member, bool isReachable)
    {
        var address = member.Address.ToString();
        var node = _nodes.Mark(address, unreachable: !isReachable);
        _care.Mark(address, isReachable, Now);
        _node.Log.NodeReached(node?.Name ?? "that has not reported", address, isReachable ? "can be reached again" : "cannot be reached");
    }

    private void Forget(ClusterEvent.MemberRemoved news)
    {
        _care.Mark(news.Member.Address.ToString(), isReachable: true, Now);
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
        }
        catch (UserException problem)
        {
            _node.Refuse(problem);
        }
    }

    private WatchReply View() => ClusterView.Of(
        _book.Agreed, _nodes, _node.Folder.NodeId, _term, _node.RunFolderOf, Run?.Status);
}
