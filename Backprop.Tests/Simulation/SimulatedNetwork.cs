namespace Backprop.Tests.Simulation;

/// <summary>
/// How messages travel. A world has connections as of TCP: in order, and what is lost either comes again later, with everything behind it
/// waiting, or ends the connection. Or it has datagrams, where each message is lost, doubled or overtaken for itself.
/// </summary>
internal sealed class SimulatedNetwork(SimulatedWorld world, SwarmOptions options, SimulationRandom random)
{
    public NetworkCounts Counts { get; private set; }

    /// <summary>How long a message takes.</summary>
    public long Delay() => random.Duration(options.DelayMinimum, options.DelayMean);

    public void SendUp(Connection connection, in Message message)
    {
        if (connection.IsOpenAtWorker)
        {
            Send(connection, connection.Up, isUp: true, in message);
        }
    }

    public void SendDown(Connection connection, in Message message)
    {
        if (connection.IsOpenAtCoordinator)
        {
            Send(connection, connection.Down, isUp: false, in message);
        }
    }

    /// <summary>The worker's side closes; the other side hears of it after what was sent before.</summary>
    public void CloseAtWorker(Connection connection, bool silently = false)
    {
        if (connection.IsOpenAtWorker && !silently)
        {
            SendUp(connection, new Message(MessageKind.Closed));
        }

        connection.IsOpenAtWorker = false;
    }

    /// <summary>The coordinator's side closes.</summary>
    public void CloseAtCoordinator(Connection connection, bool silently = false)
    {
        if (connection.IsOpenAtCoordinator && !silently)
        {
            SendDown(connection, new Message(MessageKind.Closed));
        }

        connection.IsOpenAtCoordinator = false;
    }

    /// <summary>Something reached an end that is closed: the system there says so to the sender.</summary>
    public void Reset(Connection connection, bool toCoordinator)
    {
        if (!options.Datagrams && (toCoordinator ? connection.IsOpenAtCoordinator : connection.IsOpenAtWorker))
        {
            Send(connection, toCoordinator ? connection.Up : connection.Down, toCoordinator, new Message(MessageKind.Closed));
        }
    }

    /// <summary>
    /// Both sides will hear that the connection is over. With datagrams only the coordinator takes the worker for gone, which goes on.
    /// </summary>
    public void Break(Connection connection)
    {
        if (options.Datagrams)
        {
            connection.Coordinator?.Reception.GiveUp(connection);
            return;
        }

        Reset(connection, toCoordinator: true);
        Reset(connection, toCoordinator: false);
    }

    private void Send(Connection connection, Wire wire, bool isUp, in Message message)
    {
        var worker = connection.Worker;
        Counts = Counts with { Sent = Counts.Sent + 1 };
        wire.SentAt = world.Now;
        wire.FreeAt = Math.Max(wire.FreeAt, world.Now) + (message.IsLarge ? options.PartTime * worker.LinkSlowness : 0);
        var sent = message with { Sent = (world.Now, wire.FreeAt) };
        var noWayUntil = isUp ? worker.NoWayUpUntil : worker.NoWayDownUntil;
        if (message.Kind == MessageKind.Heartbeat && !isUp && worker.NoBeatsUntil > world.Now)
        {
            return;
        }

        if (options.Datagrams)
        {
            SendDatagram(connection, isUp, in sent, isLost: noWayUntil > world.Now);
            return;
        }

        var arrival = wire.FreeAt + Delay();
        if (noWayUntil > world.Now)
        {
            // The system sends it again and again; the first time after the way is free it arrives.
            Counts = Counts with { SentAgain = Counts.SentAgain + 1 };
            arrival = Math.Max(arrival, noWayUntil) + random.Between(0, (int)options.Retransmission);
        }

        if (world.IsChaos && random.Chance(options.LossProbability))
        {
            if (options.LossBreaks && message.Kind != MessageKind.Closed)
            {
                Counts = Counts with { Lost = Counts.Lost + 1 };
                Break(connection);
                return;
            }

            Counts = Counts with { SentAgain = Counts.SentAgain + 1 };
            arrival += options.Retransmission;
        }

        wire.NewestArrival = Math.Max(wire.NewestArrival, arrival);
        world.Agenda.PlanArrival(connection, isUp, in sent, wire.NewestArrival);
    }

    private void SendDatagram(Connection connection, bool isUp, in Message message, bool isLost)
    {
        if (isLost || (world.IsChaos && random.Chance(options.LossProbability)))
        {
            Counts = Counts with { Lost = Counts.Lost + 1 };
            return;
        }

        var overtaken = world.IsChaos && random.Chance(options.ReorderProbability) ? 20 * Delay() : 0;
        world.Agenda.PlanArrival(connection, isUp, in message, message.Sent.Left + Delay() + overtaken);
        if (world.IsChaos && random.Chance(options.DuplicationProbability))
        {
            Counts = Counts with { Doubled = Counts.Doubled + 1 };
            world.Agenda.PlanArrival(connection, isUp, in message, message.Sent.Left + (random.Between(1, 20) * Delay()));
        }
    }
}

/// <summary>How many messages were sent, and what became of some of them.</summary>
internal readonly record struct NetworkCounts(long Sent, long Lost, long SentAgain, long Doubled);
