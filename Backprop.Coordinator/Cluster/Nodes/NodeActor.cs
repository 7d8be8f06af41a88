using Akka.Actor;
using Akka.Cluster.Tools.PublishSubscribe;
using Backprop.Coordinator.Cluster.Processes;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>
/// A node's voice: reports the node and its worker processes to who coordinates, and has as many run as it says. The processes belong to
/// the <see cref="WorkerHost"/>, so that they outlive this actor and its system.
/// </summary>
internal sealed class NodeActor : ReceiveActor
{
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(2);
    private readonly NodeContext _node;
    private readonly DeathList _deaths;
    private IActorRef _coordinator = ActorRefs.Nobody;
    private Action? _changed;
    private ICancelable? _reports;
    private bool _hasWarned;

    public NodeActor(NodeContext node)
    {
        (_node, _deaths) = (node, node.Deaths);
        Receive<ReportNow>(_ => _coordinator.Tell(ReportOf(_node), Self));
        Receive<ReportTo>(Follow);
        Receive<SubscribeAck>(_ => { });
        Receive<RunWorkers>(Obey);
        Receive<LogRequest>(Lines);
        Receive<LeaveCluster>(leave => _node.Refuse(Refusals.ToException(leave.Refusal)));
    }

    /// <inheritdoc/>
    protected override void PreStart()
    {
        var self = Self;
        DistributedPubSub.Get(Context.System).Mediator.Tell(new Subscribe(CoordinatorActor.Topic, self));
        _changed = () => self.Tell(ReportNow.Instance);
        _node.Workers.Changed += _changed;
        _reports = Context.System.Scheduler.ScheduleTellRepeatedlyCancelable(TimeSpan.Zero, ReportEvery, self, ReportNow.Instance, self);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _reports?.Cancel();
        _node.Workers.Changed -= _changed;
    }

    /// <summary>What a node tells of itself.</summary>
    public static NodeReport ReportOf(NodeContext node)
    {
        var report = new NodeReport
        {
            Node = node.Info,
            WorkersOwn = node.Options.RunsWorkers ? node.Options.Workers : 0,
            Term = node.Folder.Term.Number,
            Witness = node.Witness?.Id ?? "",
        };
        report.Workers.AddRange(node.Workers.Views.Select(View));
        report.Deaths.AddRange(node.Deaths.All);
        return report;
    }

    /// <summary>Who coordinates in the highest term is who it reports to.</summary>
    private void Follow(ReportTo coordinator)
    {
        if (coordinator.Term >= _node.Folder.Term.Number && !Equals(_coordinator, Sender))
        {
            _coordinator = Sender;
            _coordinator.Tell(ReportOf(_node), Self);
        }
    }

    private void Obey(RunWorkers order)
    {
        if (order.Term < _node.Folder.Term.Number)
        {
            // Who coordinated before does not know yet that it does no more.
            return;
        }

        _node.Coordination.HeardAt = _node.Time.GetTimestamp();
        Remember(order);
        _node.Coordination.BeElsewhere(order.Coordinator);
        _deaths.Forget(order.DeathsHeard);
        if (_node.Options.RunsWorkers)
        {
            _node.Workers.SetCount(Math.Clamp(order.Count, 0, WorkerHost.CountMaximum));
            foreach (var worker in _node.Workers.Views)
            {
                if (order.Drained.Contains(worker.Name))
                {
                    _node.Workers.Stop(worker.Number);
                }
                else
                {
                    _node.Workers.Allow(worker.Number);
                }
            }
        }
    }

    /// <summary>A disk that is full keeps no worker from being started or drained.</summary>
    private void Remember(RunWorkers order)
    {
        try
        {
            _node.Folder.Hear(order.Term, order.Node);
            _node.Folder.Remember(order.Nodes);
            _hasWarned = false;
        }
        catch (UserException problem)
        {
            if (!_hasWarned)
            {
                _hasWarned = true;
                _node.Log.Warned(problem.Message);
            }
        }
    }

    private void Lines(LogRequest request)
    {
        var worker = _node.Workers.Views.FirstOrDefault(view => view.Name == request.Name);
        var lines = new LogLines();
        if (worker is not null && _node.Workers.LinesOf(worker.Number) is { } ring)
        {
            (lines.Next, var found) = request.Lines > 0 ? ring.Newest(request.Lines) : ring.From(request.From);
            lines.Lines.AddRange(found);
        }

        Sender.Tell(lines);
    }

    private static Worker.Protocol.WorkerView View(Processes.WorkerView worker) => new()
    {
        Name = worker.Name,
        Process = worker.ProcessId,
        State = worker.State.ToString().ToLowerInvariant(),
        Restarts = worker.Restarts,
        LastEnd = worker.LastEnd,
    };
}

/// <summary>Time for a report.</summary>
internal sealed class ReportNow
{
    /// <summary>The only one.</summary>
    public static ReportNow Instance { get; } = new();
}
