using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;

namespace Backprop.Tests.Simulation;

/// <summary>
/// The coordinator's connections. A connection belongs to the life of the coordinator that accepted it, and has an id that is never used
/// again in that life; an answer counts when all of it came over one open connection.
/// </summary>
internal sealed class SimulatedReception(SimulatedWorld world, SimulatedCoordinator coordinator)
{
    private readonly Dictionary<int, Connection> _admitted = [];
    private readonly Dictionary<int, Connection> _instances = [];
    private readonly List<Connection> _open = [];
    private int _ids;
    private long _lookedAt = world.Now;

    public IReadOnlyList<Connection> Open => _open;

    /// <summary>The connection that the core knows by an id, open or not.</summary>
    public Connection ConnectionOf(WorkerId worker) => _admitted[worker.Value];

    /// <summary>The ledger names the worker that answered a span: it did, over the connection that the name stands for.</summary>
    public void CheckAnswers(int step)
    {
        foreach (var (worker, span) in coordinator.State.CommittedAnswers)
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

        if (connection.Coordinator != coordinator || !connection.IsOpenAtCoordinator)
        {
            ReceiveStray(connection, in message);
            return;
        }

        connection.HeardByCoordinator = world.Now;
        if (message.IsAnswer)
        {
            Take(connection, connection.Parts, in message);
        }
        else if (message.Kind == MessageKind.Failed && connection.Failed.Add(message.Work))
        {
            coordinator.LayerFailures.Add(connection, message.Work);
            coordinator.Deliver(Input.LayerFailed(new WorkerId(connection.Id), message.Work), default);
        }
        else if (message.Kind == MessageKind.Ready && !connection.IsReady)
        {
            connection.IsReady = true;
            coordinator.Deliver(Input.WorkerJoined(new WorkerId(connection.Id), message.Speed), default);
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
        var liveness = world.Options.Liveness;
        var sinceLook = world.Since(_lookedAt);
        _lookedAt = world.Now;
        for (var i = _open.Count - 1; i >= 0 && !world.IsDown; i--)
        {
            var connection = _open[i];
            if (liveness.IsSilent(world.Since(connection.HeardByCoordinator), sinceLook) || HasNotAnswered(connection))
            {
                Drop(connection);
            }
            else if (liveness.IsHeartbeatDue(world.Since(connection.Down.SentAt)))
            {
                world.Network.SendDown(connection, new Message(MessageKind.Heartbeat));
            }
        }
    }

    /// <summary>The process ends. Its system closes its connections; a machine that fails says nothing.</summary>
    public void Die(bool silently)
    {
        foreach (var connection in _open)
        {
            world.Network.CloseAtCoordinator(connection, silently);
        }

        _open.Clear();
    }

    /// <summary>Takes a worker for gone without telling it.</summary>
    public void GiveUp(Connection connection)
    {
        if (connection.IsOpenAtCoordinator)
        {
            Drop(connection, silently: true);
        }
    }

    /// <summary>Says a last word and closes.</summary>
    public void SendAway(WorkerId worker, MessageKind kind)
    {
        var connection = _admitted[worker.Value];
        world.Network.SendDown(connection, new Message(kind));
        world.Network.CloseAtCoordinator(connection);
        _open.Remove(connection);
    }

    public void Send(WorkerId worker, in Message message) => world.Network.SendDown(_admitted[worker.Value], in message);

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
            world.Network.Reset(connection, toCoordinator: false);
            return;
        }

        connection.Coordinator = coordinator;
        connection.IsOpenAtCoordinator = true;
        connection.HeardByCoordinator = connection.AcceptedAt = world.Now;
        connection.Id = world.Options.Datagrams ? world.NextId() : ++_ids;
        _instances[instance] = connection;
        _admitted.Add(connection.Id, connection);
        _open.Add(connection);
        world.Network.SendDown(connection, new Message(MessageKind.Admitted));
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
                coordinator.Deliver(Input.BlocksAnswered(new WorkerId(connection.Id), in work), message.Vector);
                break;
            case MessageKind.SpanDone when message.Part < 0:
                coordinator.Deliver(Answered(connection, in message), message.Vector);
                break;
            case MessageKind.SpanDone when parts.Complete(in work) || world.Sabotage == Sabotage.AnswerPartsMixed:
                coordinator.Deliver(Answered(connection, in message), parts.Vector);
                break;
            case MessageKind.SpanDone:
                RefuseIncomplete(connection, in work);
                break;
        }
    }

    /// <summary>Against the protocol: who does that is not heard any more. Only a fault of the worker's shell does it.</summary>
    private void RefuseIncomplete(Connection connection, in Assignment work)
    {
        if (!connection.HasLeftOut && !world.Options.Datagrams && world.Sabotage == Sabotage.None)
        {
            throw new SimulationFailure($"an answer to {work} came without all of its partitions");
        }

        Drop(connection);
    }

    /// <summary>
    /// What comes over a connection that is closed here, or that another life of the coordinator had, is dropped unread; the sender's
    /// system is told. Datagrams have no connections: there an answer is judged by what it says.
    /// </summary>
    private void ReceiveStray(Connection connection, in Message message)
    {
        world.CountStray(in message);
        if (message.IsAnswer && connection.Id >= 0 && (world.Options.Datagrams || world.Sabotage == Sabotage.SessionCheckOff))
        {
            var namesake = _admitted.GetValueOrDefault(connection.Id);
            if (world.Options.Datagrams)
            {
                _admitted[connection.Id] = connection;
            }

            Take(connection, (namesake ?? connection).Parts, in message);
        }
        else if (message.Kind != MessageKind.Closed)
        {
            world.Network.Reset(connection, toCoordinator: false);
        }
    }

    private static Input Answered(Connection connection, in Message message) => Input.SpanAnswered(
        new WorkerId(connection.Id), message.Work, message.Finite);

    /// <summary>With datagrams a lost assignment, answer or introduction shows by nothing but time.</summary>
    private bool HasNotAnswered(Connection connection)
    {
        if (!world.Options.Datagrams)
        {
            return false;
        }

        var index = coordinator.State.Members.IndexOf(new WorkerId(connection.Id));
        var isBusy = index >= 0 && coordinator.State.Members[index].Outstanding > 0;
        var since = isBusy ? (long)coordinator.State.Members[index].BusySince.TotalMicroseconds : connection.AcceptedAt;
        return (isBusy || !connection.IsReady) && world.Now - since > world.Options.AnswerDeadline;
    }

    private void Drop(Connection connection, bool silently = false)
    {
        world.Network.CloseAtCoordinator(connection, silently);
        _open.Remove(connection);
        if (connection.IsReady)
        {
            coordinator.Deliver(Input.WorkerLost(new WorkerId(connection.Id)), default);
        }
    }
}
