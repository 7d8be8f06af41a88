using Backprop.Coordinator.Core;

namespace Backprop.Tests.Simulation;

/// <summary>
/// The coordinator's connections. A connection belongs to the life of the coordinator that accepted it, and has an id that is never used
/// again in that life; an answer counts when all of it came over one open connection.
/// </summary>
internal sealed partial class SimulatedCoordinator
{
    private readonly Dictionary<int, Connection> _admitted = [];
    private readonly Dictionary<int, Connection> _instances = [];
    private readonly List<Connection> _open = [];
    private int _ids;
    private long _lookedAt;

    /// <summary>When the weights began to change.</summary>
    private readonly List<long> _changes = [];

    /// <summary>The connection that the core knows by an id, open or not.</summary>
    public Connection ConnectionOf(int worker) => _admitted[worker];

    /// <summary>The ledger names the worker that answered a span: it did, over the connection that the name stands for.</summary>
    public void CheckAnswers(int step)
    {
        foreach (var (worker, span) in State.CommittedAnswers)
        {
            if (!_admitted.TryGetValue(worker.Value, out var connection) || !connection.Answered.Contains((step, span)))
            {
                throw new SimulationFailure($"the ledger names worker {worker} for {span} of step {step}, which it never sent");
            }
        }
    }

    /// <summary>A message has arrived at this process.</summary>
    public void Receive(Connection connection, in Message message)
    {
        if (message.Kind == MessageKind.Hello)
        {
            Admit(connection);
            return;
        }

        if (connection.Coordinator != this || !connection.IsOpenAtCoordinator)
        {
            ReceiveStray(connection, in message);
            return;
        }

        connection.HeardByCoordinator = _world.Now;
        if (message.IsAnswer)
        {
            Take(connection, connection.Parts, in message);
        }
        else if (message.Kind == MessageKind.Failed && connection.Failed.Add(message.Work))
        {
            LayerFailures.Add(connection, message.Work);
            Deliver(Input.LayerFailed(new WorkerId(connection.Id), message.Work.Step), default);
        }
        else if (message.Kind == MessageKind.Ready && !connection.IsReady)
        {
            connection.IsReady = true;
            Deliver(Input.WorkerJoined(new WorkerId(connection.Id), message.Speed), default);
        }
        else if (message.Kind is MessageKind.Leave or MessageKind.Closed)
        {
            Drop(connection);
        }
    }

    /// <summary>
    /// Breaks silence where there is nothing else to say, and ends what was silent for too long. A coordinator that was stopped itself does
    /// not take all its workers for dead.
    /// </summary>
    public void Beat()
    {
        var liveness = _world.Options.Liveness;
        var sinceLook = _world.Since(_lookedAt);
        _lookedAt = _world.Now;
        for (var i = _open.Count - 1; i >= 0 && !_world.IsDown; i--)
        {
            var connection = _open[i];
            if (liveness.IsSilent(_world.Since(connection.HeardByCoordinator), sinceLook) || HasNotAnswered(connection))
            {
                Drop(connection);
            }
            else if (liveness.IsHeartbeatDue(_world.Since(connection.Down.SentAt)))
            {
                _world.Network.SendDown(connection, new Message(MessageKind.Heartbeat));
            }
        }
    }

    /// <summary>
    /// A partition has left: the next one follows. If the weights change meanwhile, what is left of the old ones is not sent any more.
    /// </summary>
    public void OnWireFree(Connection connection)
    {
        connection.IsSending = false;
        var (step, next) = connection.Sending;
        if (next < Triple.Parts && step == State.Completed && State.Phase != Phase.Committing)
        {
            SendNextPart(connection);
        }
    }

    /// <summary>The process ends. Its system closes its connections; a machine that fails says nothing.</summary>
    public void Die(bool silently)
    {
        foreach (var connection in _open)
        {
            _world.Network.CloseAtCoordinator(connection, silently);
        }

        _open.Clear();
    }

    /// <summary>
    /// True where the weights began to change while the partition was being sent: what was read may be neither old nor new.
    /// </summary>
    public bool WasVoid(in Message message)
    {
        var (given, left) = message.Sent;
        for (var i = _changes.Count - 1; i >= 0 && message.Part >= 0 && _changes[i] > given; i--)
        {
            if (_changes[i] <= left)
            {
                return true;
            }
        }

        return false;
    }

    private void Admit(Connection connection)
    {
        if (connection.Coordinator is not null)
        {
            // The same datagram once more.
            return;
        }

        var instance = connection.Worker.Instance;
        var former = _instances.GetValueOrDefault(instance);
        if (former is not null && former.Incarnation >= connection.Incarnation)
        {
            _world.Network.Reset(connection, toCoordinator: false);
            return;
        }

        connection.Coordinator = this;
        connection.IsOpenAtCoordinator = true;
        connection.HeardByCoordinator = connection.AcceptedAt = _world.Now;
        connection.Id = _world.Options.Datagrams ? _world.NextId() : ++_ids;
        _instances[instance] = connection;
        _admitted.Add(connection.Id, connection);
        _open.Add(connection);
        _world.Network.SendDown(connection, new Message(MessageKind.Admitted));
        if (former is { IsOpenAtCoordinator: true })
        {
            Drop(former);
        }
    }

    private void Take(Connection connection, AnswerParts parts, in Message message)
    {
        var work = message.Work;
        switch (message.Kind)
        {
            case MessageKind.Gradient:
                parts.Add(in work, message.Part, message.Vector);
                break;
            case MessageKind.BlocksDone:
                Deliver(Input.BlocksAnswered(new WorkerId(connection.Id), in work), message.Vector);
                break;
            case MessageKind.SpanDone when message.Part < 0:
                Deliver(Answered(connection, in message), message.Vector);
                break;
            case MessageKind.SpanDone when parts.Complete(in work) || _world.Sabotage == Sabotage.AnswerPartsMixed:
                Deliver(Answered(connection, in message), parts.Vector);
                break;
            case MessageKind.SpanDone:
                // Against the protocol: who does that is not heard any more.
                Drop(connection);
                break;
        }
    }

    /// <summary>
    /// What comes over a connection that is closed here, or that another life of the coordinator had, is dropped unread; the sender's
    /// system is told. Datagrams have no connections: there an answer is judged by what it says.
    /// </summary>
    private void ReceiveStray(Connection connection, in Message message)
    {
        _world.CountStray(in message);
        if (message.IsAnswer && connection.Id >= 0 && (_world.Options.Datagrams || _world.Sabotage == Sabotage.SessionCheckOff))
        {
            var namesake = _admitted.GetValueOrDefault(connection.Id);
            if (_world.Options.Datagrams)
            {
                _admitted[connection.Id] = connection;
            }

            Take(connection, (namesake ?? connection).Parts, in message);
        }
        else if (message.Kind != MessageKind.Closed)
        {
            _world.Network.Reset(connection, toCoordinator: false);
        }
    }

    private static Input Answered(Connection connection, in Message message) => Input.SpanAnswered(
        new WorkerId(connection.Id), message.Work, message.Finite);

    /// <summary>With datagrams a lost assignment, answer or introduction shows by nothing but time.</summary>
    private bool HasNotAnswered(Connection connection)
    {
        if (!_world.Options.Datagrams)
        {
            return false;
        }

        var index = State.Members.IndexOf(new WorkerId(connection.Id));
        var isBusy = index >= 0 && State.Members[index].Outstanding > 0;
        var since = isBusy ? (long)State.Members[index].BusySince.TotalMicroseconds : connection.AcceptedAt;
        return (isBusy || !connection.IsReady) && _world.Now - since > _world.Options.AnswerDeadline;
    }

    /// <summary>Takes a worker for gone without telling it.</summary>
    public void GiveUp(Connection connection)
    {
        if (connection.IsOpenAtCoordinator)
        {
            Drop(connection, silently: true);
        }
    }

    private void Drop(Connection connection, bool silently = false)
    {
        _world.Network.CloseAtCoordinator(connection, silently);
        _open.Remove(connection);
        if (connection.IsReady)
        {
            Deliver(Input.WorkerLost(new WorkerId(connection.Id)), default);
        }
    }

    private void SendAway(WorkerId worker, MessageKind kind)
    {
        var connection = _admitted[worker.Value];
        _world.Network.SendDown(connection, new Message(kind));
        _world.Network.CloseAtCoordinator(connection);
        _open.Remove(connection);
    }

    private void Send(WorkerId worker, in Message message) => _world.Network.SendDown(_admitted[worker.Value], in message);

    /// <summary>Sends all partitions, first layers first, one after another; what is small goes out between them.</summary>
    private void SendWeights(Connection connection, int step)
    {
        connection.Sending = (step, 0);
        if (_world.Options.Datagrams || _world.Options.Shares)
        {
            _world.Network.SendDown(connection, WeightsOf(step, part: -1));
        }
        else if (!connection.IsSending)
        {
            SendNextPart(connection);
        }
    }

    private void SendNextPart(Connection connection)
    {
        var (step, next) = connection.Sending;
        if (connection.IsOpenAtCoordinator)
        {
            _world.Network.SendDown(connection, WeightsOf(step, next));
            connection.Sending = (step, next + 1);
            connection.IsSending = true;
            _world.PlanWireFree(connection);
        }
    }

    private Message WeightsOf(int step, int part) =>
        new(MessageKind.Weights) { Step = step, Part = part, Generation = State.Generation, Vector = _plane.Weights };
}
