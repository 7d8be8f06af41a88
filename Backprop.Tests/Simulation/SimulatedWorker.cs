using Backprop.Shared.Actors;
using Backprop.Shared.Protocol;
using Backprop.Worker.Core;

namespace Backprop.Tests.Simulation;

/// <summary>
/// A worker's process: the real core, and a shell as thin as the real one. It connects, warms up, takes weights partition by partition
/// into the one place where they are used, computes, and sends gradients partition by partition. It is one thread: while it is stopped,
/// nothing of it happens and messages wait.
/// </summary>
internal sealed class SimulatedWorker
{
    private readonly SimulatedWorld _world;
    private readonly EffectList<WorkerEffect> _effects = new();
    private readonly BackOff _backOff;
    private readonly SimulatedWeights _weights;
    private readonly SimulatedPass _pass;
    private WorkerState _state = new();
    private bool _wasSentAway;

    public SimulatedWorker(SimulatedWorld world, int instance, bool isLiar, int slowness)
    {
        _world = world;
        _backOff = new BackOff((ulong)instance);
        _weights = new SimulatedWeights(_world.Options);
        _pass = new SimulatedPass(world, this, _weights);
        (Instance, IsLiar, Slowness) = (instance, isLiar, slowness);
    }

    /// <summary>Its number among all processes that ever were.</summary>
    public int Instance { get; }

    public bool IsLiar { get; }

    /// <summary>How many times slower than the fastest it computes; may change while it computes.</summary>
    public int Slowness { get; set; }

    /// <summary>How many times longer than over the fastest link its partitions take.</summary>
    public int LinkSlowness { get; set; } = 1;

    /// <summary>False when the process has ended.</summary>
    public bool IsAlive { get; private set; } = true;

    /// <summary>Until when it does nothing.</summary>
    public long StoppedUntil { get; set; }

    /// <summary>Until when nothing from it reaches the coordinator.</summary>
    public long NoWayUpUntil { get; set; }

    /// <summary>Until when nothing from the coordinator reaches it.</summary>
    public long NoWayDownUntil { get; set; }

    /// <summary>Until when the coordinator's heartbeats, and nothing else, do not reach it.</summary>
    public long NoBeatsUntil { get; set; }

    /// <summary>How many connections it has made.</summary>
    public int Connections { get; private set; }

    /// <summary>The newest one; null before the first.</summary>
    public Connection? Connection { get; private set; }

    public bool IsConnected => Connection is { IsOpenAtWorker: true };

    private SwarmOptions Options => _world.Options;

    /// <summary>Makes a connection, and forgets what belonged to the former one.</summary>
    public void Connect()
    {
        if (!IsAlive || IsConnected)
        {
            return;
        }

        if (_wasSentAway)
        {
            throw new SimulationFailure($"worker process {Instance} was sent away for good and connects again");
        }

        Connection = new Connection(this, ++Connections, _world.Now);
        _state = new WorkerState();
        _weights.Forget();
        _pass.Forget();
        _world.Network.SendUp(Connection, new Message(MessageKind.Hello));
        _world.Agenda.PlanBeat(Connection);
    }

    /// <summary>The process ends, and its system closes the connection; a machine that fails says nothing.</summary>
    public void Kill(bool silently)
    {
        IsAlive = false;
        if (Connection is { } connection)
        {
            _world.Network.CloseAtWorker(connection, silently);
        }
    }

    /// <summary>It is asked to go, says so and ends.</summary>
    public void Drain() => Tell(WorkerInput.LeaveRequested());

    /// <summary>The connection is cut in both directions and both sides see it.</summary>
    public void Break()
    {
        if (Connection is { } connection)
        {
            _world.Network.Break(connection);
        }
    }

    /// <summary>Gives something to the core, and performs what it wants.</summary>
    public void Tell(in WorkerInput input)
    {
        WorkerCore.Advance(_state, in input, _effects);
        WorkerEffectRunner.Perform(_world.LeftOut.From(_effects), _pass);
    }

    public void Send(in Message message)
    {
        if (Connection is { } connection)
        {
            _world.Network.SendUp(connection, in message);
        }
    }

    /// <summary>The process ends by itself.</summary>
    public void End()
    {
        if (Connection is { } connection)
        {
            _world.Network.CloseAtWorker(connection);
        }

        IsAlive = false;
        _world.OnLeft(this);
    }

    /// <summary>Judges the silence of the coordinator, and breaks its own.</summary>
    public void Beat(Connection connection)
    {
        if (!connection.IsOpenAtWorker)
        {
            return;
        }

        var sinceLook = _world.Since(connection.LookedByWorker);
        connection.LookedByWorker = _world.Now;
        if (Options.Liveness.IsSilent(_world.Since(connection.HeardByWorker), sinceLook))
        {
            Lose(connection);
            return;
        }

        if (Options.Liveness.IsHeartbeatDue(_world.Since(connection.Up.SentAt)))
        {
            _world.Network.SendUp(connection, new Message(MessageKind.Heartbeat));
        }

        _world.Agenda.PlanBeat(connection);
    }

    /// <summary>A message has arrived at the process.</summary>
    public void Receive(Connection connection, in Message message)
    {
        if (!connection.IsOpenAtWorker)
        {
            _world.Network.Reset(connection, toCoordinator: true);
            return;
        }

        connection.HeardByWorker = _world.Now;
        switch (message.Kind)
        {
            case MessageKind.Admitted:
                _weights.SharedBy = connection.Coordinator;
                var speed = _world.Chaos.SpeedToldBy(this);
                _world.Network.SendUp(connection, new Message(MessageKind.Ready) { Speed = speed });
                break;
            case MessageKind.Weights:
                TakeWeights(connection.Coordinator!, in message);
                break;
            case MessageKind.Assign:
                Tell(WorkerInput.Assigned(message.Work, message.Generation));
                break;
            case MessageKind.Cancel:
                Tell(WorkerInput.Cancelled(message.Work, message.Generation));
                break;
            case MessageKind.Dismissed:
                _wasSentAway = true;
                Tell(WorkerInput.Released());
                break;
            case MessageKind.Closed:
            case MessageKind.Refused:
                Lose(connection);
                break;
        }
    }

    private void Lose(Connection connection)
    {
        _world.Network.CloseAtWorker(connection);
        _pass.Forget();
        _world.Agenda.PlanConnect(this, _backOff.Next());
    }

    /// <summary>From the first partition on the core knows: what is being computed with the former weights is over.</summary>
    private void TakeWeights(SimulatedCoordinator from, in Message message)
    {
        if (from.Outgoing.WasVoid(in message) || !_weights.TryTake(in message))
        {
            return;
        }

        if (message.Part <= 0)
        {
            _backOff.Reset();
            Tell(WorkerInput.WeightsPublished(message.Step));
        }

        if (_weights.IsComplete)
        {
            _pass.OnWeightsComplete();
        }
    }
}
