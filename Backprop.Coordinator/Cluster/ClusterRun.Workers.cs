using System.Collections.Concurrent;
using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Coordinator.Training;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Google.Protobuf;

namespace Backprop.Coordinator.Cluster;

/// <summary>What connections tell: workers that come and go, answers, failures.</summary>
internal sealed partial class ClusterRun
{
    /// <summary>No worker computes so many samples a second.</summary>
    private const double SpeedMaximum = 1e12;

    private readonly Lock _failureGate = new();
    private int _nextWorker;
    private readonly ConcurrentDictionary<int, (WorkerLink Worker, string Reason)> _departures = new();
    private readonly ConcurrentDictionary<ByteString, bool> _dismissed = new();
    private UserException? _layerFailure;
    private int _failedStep;
    private ByteString? _failedBy;
    private int _workersPeak;
    private long _joined;
    private long _lost;
    private long _bytesSent;
    private long _bytesReceived;
    private int _shardsLost;

    /// <inheritdoc/>
    public RunTraffic Traffic
    {
        get
        {
            var (sent, received) = (Interlocked.Read(ref _bytesSent), Interlocked.Read(ref _bytesReceived));
            foreach (var (_, link) in _links)
            {
                sent += link.BytesSent;
                received += link.BytesReceived;
            }

            return new RunTraffic(_workersPeak, sent, received, _joined, _lost, _shardsAgain);
        }
    }

    /// <summary>A connection is admitted: it gets an id that no other had or will have.</summary>
    /// <param name="older">The connection that the same worker had before, if it still seemed to live.</param>
    internal void Admit(FrameLink link, Challenge challenge, Hello hello, string address, WorkerLink? older)
    {
        var id = Interlocked.Increment(ref _nextWorker);
        var welcome = Handshake.Welcome(challenge, hello, Options.Token, id, Options.Liveness, Offer.Name);
        var vectors = link.IsLocal && _weights.Shared is { } weights ? Share(weights, welcome) : null;
        var worker = new WorkerLink(this, link, new WorkerInfo(id, hello.Name, address, hello.Slots), hello, welcome, vectors);
        _links[id] = worker;
        _board.Connected(worker.Info, worker.Figures);
        if (older is not null)
        {
            _log.Replaced(older.Info.Id, id, hello.Name, address);
        }

        worker.Start();
    }

    /// <summary>Whether these shards are a span of this run.</summary>
    internal bool IsSpan(int first, int count) => CoordinatorCore.IsNode(first, count, _setup.Rules.Shards);

    /// <summary>Whether a worker's instance was sent away for good.</summary>
    internal bool WasDismissed(ByteString instance) => _dismissed.ContainsKey(instance);

    /// <summary>The connection of a worker's instance, if there is one.</summary>
    internal WorkerLink? FindInstance(ByteString instance)
    {
        foreach (var (_, link) in _links)
        {
            if (link.Hello.Instance.Equals(instance))
            {
                return link;
            }
        }

        return null;
    }

    /// <summary>It has the run and its data and waits for work.</summary>
    internal void Ready(WorkerLink worker, double speed)
    {
        // What nobody believes is measured from the first answer on.
        var believed = speed is > 0 and < SpeedMaximum ? speed : 0;
        _board.Joined(worker.Info.Id, believed);
        Post(Input.WorkerJoined(worker.Info.Id, believed));
    }

    /// <summary>A span's gradient is whole.</summary>
    internal void SpanArrived(WorkerLink worker, SpanGradient gradient)
    {
        Gradients.Arrived(gradient);
        Post(Input.SpanAnswered(worker.Info.Id, gradient.Step, gradient.Span, gradient.IsFinite, gradient.Attempt));
    }

    /// <summary>The results of evaluation blocks are in.</summary>
    internal void BlocksArrived(WorkerLink worker, StepEnvelope answer, double[] sums)
    {
        lock (_blockGate)
        {
            _blockSums.Add(new BlockSums(worker.Info.Id, answer.Step, answer.First, answer.Count, sums));
        }

        Post(Input.BlocksAnswered(worker.Info.Id, answer.Step, answer.First, answer.Count));
    }

    /// <summary>A gradient was dropped unread.</summary>
    internal void Dropped() => _board.Dropped();

    /// <summary>The connection has ended; said once.</summary>
    internal void Lost(WorkerLink worker, string reason)
    {
        if (!_finished && worker.IsReady)
        {
            // Before it is no longer among the links: what it was called must be known until its end has been said.
            _departures[worker.Info.Id] = (worker, reason);
        }

        _links.TryRemove(worker.Info.Id, out _);
        Outlive(worker);
        Interlocked.Add(ref _bytesSent, worker.BytesSent);
        Interlocked.Add(ref _bytesReceived, worker.BytesReceived);
        _board.Gone(worker.Info.Id, lost: !worker.HasLeft && !_finished);
        if (_finished)
        {
            return;
        }

        if (!worker.IsReady)
        {
            _workerLog.Refused(worker.Info.Address, $"{worker.Info.Name} was gone before it was ready: {reason}", stranger: false);
            return;
        }

        Post(Input.WorkerLost(worker.Info.Id));
    }

    /// <summary>
    /// A layer threw on a worker. Another computes the span, or the same one where there is no other; what throws on two workers in a
    /// step, or twice on the only one, is the layer's fault and ends the run.
    /// </summary>
    internal void WorkerFailed(WorkerLink worker, int step, string message)
    {
        if (!worker.IsReady)
        {
            worker.Close($"it cannot take part: {message}");
            return;
        }

        if (step != CurrentStep)
        {
            // Like an answer of a step that is over.
            Dropped();
            return;
        }

        bool again;
        lock (_failureGate)
        {
            var isOther = !worker.Hello.Instance.Equals(_failedBy);
            again = _failedStep == step && (isOther || !_links.Values.Any(l => l.IsReady && l != worker));
            (_failedStep, _failedBy) = (step, worker.Hello.Instance);
        }

        _log.Failed(worker.Info.Id, worker.Info.Name, message);
        if (again)
        {
            Volatile.Write(ref _layerFailure, new UserException(ExitCode.Unexpected, message));
            Post(Input.LayerFailed(worker.Info.Id, step));
            return;
        }

        // Under a new id it is a new worker, without the span that it could not compute.
        var former = worker.Info;
        var info = former with { Id = Interlocked.Increment(ref _nextWorker) };
        _links[info.Id] = worker;
        worker.Info = info;
        _board.Gone(former.Id, lost: true);
        _board.Connected(info, worker.Figures);
        _board.Joined(info.Id, 0);
        _links.TryRemove(former.Id, out _);
        Post(Input.WorkerLost(former.Id));
        Post(Input.WorkerJoined(info.Id));
    }

    private void BeforeAdvance(in Input message)
    {
        _shardsLost = 0;
        if (message.Kind != InputKind.WorkerLost)
        {
            return;
        }

        foreach (var assignment in _state.Shards.Assignments)
        {
            _shardsLost += assignment.Worker == message.Worker ? assignment.Count : 0;
        }
    }

    private void Say(in Input message, Reason reason)
    {
        if (message.Kind == InputKind.Tick && _state.Phase == Phase.Computing)
        {
            SayWhoIsSlow();
        }

        switch (reason)
        {
            case Reason.WorkerAdmitted:
                _joined++;
                _workersPeak = Math.Max(_workersPeak, _state.Members.Count);
                var joined = InfoOf(message.Worker);
                _log.Joined(
                    joined.Id, joined.Name, joined.Place, new Counted(joined.Slots, "slot"), Counted.Workers(_state.Members.Count));
                break;
            case Reason.WorkerRemoved:
                SayGone(message.Worker);
                break;
            case Reason.WorkerUnknown:
                // It was dismissed or refused, and that has been said.
                _departures.TryRemove(message.Worker, out _);
                break;
            case Reason.LayerFailed:
                Interlocked.CompareExchange(ref _failure, _layerFailure, null);
                break;
            case Reason.AnswerLate:
            case Reason.AnswerAhead:
            case Reason.AnswerRepeated:
            case Reason.AnswerOverlapping:
            case Reason.AnswerMalformed:
            case Reason.AnswerOfDismissed:
                Dropped();
                break;
            default:
                break;
        }
    }

    private void SayGone(int worker)
    {
        if (!_departures.TryRemove(worker, out var departure))
        {
            // Admitted again under another id: said when its layer threw.
            _lost++;
            return;
        }

        var (gone, present) = (departure.Worker.Info, Counted.Workers(_state.Members.Count));
        if (departure.Worker.HasLeft)
        {
            _log.Left(gone.Id, gone.Name, present);
        }
        else
        {
            _lost++;
            _log.Lost(gone.Id, gone.Name, departure.Reason, Counted.Shards(_shardsLost), present);
        }
    }
}
