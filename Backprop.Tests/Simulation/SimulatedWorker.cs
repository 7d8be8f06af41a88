using Backprop.Shared.Actors;
using Backprop.Shared.Gradients;
using Backprop.Shared.Protocol;
using Backprop.Worker.Core;

namespace Backprop.Tests.Simulation;

/// <summary>
/// A worker's process: the real core, and a shell as thin as the real one. It connects, warms up, takes weights partition by partition
/// into the one place where they are used, computes, and sends gradients partition by partition. It is one thread: while it is stopped,
/// nothing of it happens and messages wait.
/// </summary>
internal sealed partial class SimulatedWorker(SimulatedWorld world, int instance, bool isLiar, int slowness)
{
    private readonly EffectList<WorkerEffect> _effects = new();
    private readonly BackOff _backOff = new((ulong)instance);
    private WorkerState _state = new();
    private Connection? _connection;
    private SimulatedCoordinator? _sharedBy;
    private Triple _weightsBefore;
    private Triple _result;
    private int _arriving = -1;
    private int _arrived;
    private int _incarnation;
    private int _computation;
    private (Assignment Work, Triple FirstRead, long Begun, long Lasts, bool Lies, bool Waits, bool IsAbandoned) _computing;

    /// <summary>Its number among all processes that ever were.</summary>
    public int Instance => instance;

    public bool IsLiar => isLiar;

    /// <summary>How many times slower than the fastest it computes; may change while it computes.</summary>
    public int Slowness { get; set; } = slowness;

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

    /// <summary>The weights as they lie in its memory, or in the coordinator's: perhaps of two steps at once.</summary>
    public Triple Weights
    {
        get => Options.Shares && _sharedBy is { } coordinator ? coordinator.Weights : field;
        private set;
    }

    /// <summary>How many connections it has made.</summary>
    public int Connections => _incarnation;

    public bool IsConnected => _connection is { IsOpenAtWorker: true };

    private SwarmOptions Options => world.Options;

    private int Parts => Options.Datagrams || Options.Shares ? 1 : Triple.Parts;

    /// <summary>Makes a connection, and forgets what belonged to the former one.</summary>
    public void Connect()
    {
        if (!IsAlive || IsConnected)
        {
            return;
        }

        _connection = new Connection(this, ++_incarnation, world.Now);
        _state = new WorkerState();
        _arriving = -1;
        _arrived = 0;
        _computation++;
        world.Network.SendUp(_connection, new Message(MessageKind.Hello));
        world.PlanBeat(_connection);
    }

    /// <summary>The process ends, and its system closes the connection; a machine that fails says nothing.</summary>
    public void Kill(bool silently)
    {
        IsAlive = false;
        if (_connection is { } connection)
        {
            world.Network.CloseAtWorker(connection, silently);
        }
    }

    /// <summary>It is asked to go, says so and ends.</summary>
    public void Drain() => Tell(WorkerInput.LeaveRequested());

    /// <summary>The connection is cut in both directions and both sides see it.</summary>
    public void Break()
    {
        if (_connection is { } connection)
        {
            world.Network.Break(connection);
        }
    }

    /// <summary>Judges the silence of the coordinator, and breaks its own.</summary>
    public void Beat(Connection connection)
    {
        if (!connection.IsOpenAtWorker)
        {
            return;
        }

        var sinceLook = world.Since(connection.LookedByWorker);
        connection.LookedByWorker = world.Now;
        if (Options.Liveness.IsSilent(world.Since(connection.HeardByWorker), sinceLook))
        {
            Lose(connection);
            return;
        }

        if (Options.Liveness.IsHeartbeatDue(world.Since(connection.Up.SentAt)))
        {
            world.Network.SendUp(connection, new Message(MessageKind.Heartbeat));
        }

        world.PlanBeat(connection);
    }

    /// <summary>A message has arrived at the process.</summary>
    public void Receive(Connection connection, in Message message)
    {
        if (!connection.IsOpenAtWorker)
        {
            world.Network.Reset(connection, toCoordinator: true);
            return;
        }

        connection.HeardByWorker = world.Now;
        switch (message.Kind)
        {
            case MessageKind.Admitted:
                _sharedBy = connection.Coordinator;
                var speed = world.SpeedToldBy(this);
                world.Network.SendUp(connection, new Message(MessageKind.Ready) { Speed = speed });
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
        world.Network.CloseAtWorker(connection);
        _computation++;
        world.PlanConnect(this, _backOff.Next());
    }

    /// <summary>
    /// Partitions come in order, the first layers first, into the place where the former weights lay. From the first of them on the core
    /// knows: what is being computed with the former ones is over.
    /// </summary>
    private void TakeWeights(SimulatedCoordinator from, in Message message)
    {
        if (from.WasVoid(in message))
        {
            return;
        }

        var isFirst = _arriving < 0;
        if (message.Part <= 0)
        {
            if (message.Step < _arriving)
            {
                return;
            }

            _weightsBefore = Weights;
            (_arriving, _arrived) = (message.Step, 0);
        }
        else if (message.Step != _arriving || message.Part != _arrived)
        {
            return;
        }

        Weights = Weights.With(message.Part, message.Vector);
        _arrived++;
        if (message.Part <= 0)
        {
            _backOff.Reset();
            Tell(isFirst ? WorkerInput.Welcomed(message.Step, message.Generation) : WorkerInput.WeightsPublished(message.Step));
        }

        if (_arrived == Parts && _computing.Waits)
        {
            _computing.Waits = false;
            _computing.FirstRead = Weights;
            world.PlanComputed(this, _computation, Math.Max(_computing.Lasts / 2, _computing.Begun + _computing.Lasts - world.Now));
        }
    }

    private void Tell(in WorkerInput input)
    {
        WorkerCore.Advance(_state, in input, _effects);
        WorkerEffects.Perform(_effects, this);
    }
}
