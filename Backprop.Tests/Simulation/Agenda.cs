using Backprop.Coordinator.Core;

namespace Backprop.Tests.Simulation;

/// <summary>What will happen, and when.</summary>
internal sealed class Agenda(SwarmOptions options)
{
    private const long RealSilence = 3_000_000;

    private readonly VirtualClock<Happening> _clock = new();

    public long Now => _clock.Now;

    /// <summary>How much has happened.</summary>
    public long Passed => _clock.Passed;

    public bool TryNext(out Happening happening, out Due due) => _clock.TryNext(out happening, out due);

    public void Postpone(in Happening happening, Due due, long until) => _clock.Postpone(happening, due, until);

    /// <summary>Something that the kind alone says.</summary>
    public void Plan(HappeningKind kind, long at) => _clock.Plan(new Happening { Kind = kind }, at);

    /// <summary>Lets a story go on at a time.</summary>
    public void Plan(long at, Action<SimulatedWorld> action) =>
        _clock.Plan(new Happening { Kind = HappeningKind.Story, Action = action }, at);

    /// <summary>Lets the coordinator's life hear of something that happened in its own process.</summary>
    public void PlanInput(in Input input, int session, long delay) =>
        _clock.Plan(new Happening { Kind = HappeningKind.Input, Input = input, Number = session }, Now + delay);

    public void PlanArrival(Connection connection, bool isUp, in Message message, long due) => _clock.Plan(
        new Happening { Kind = isUp ? HappeningKind.ToCoordinator : HappeningKind.ToWorker, Connection = connection, Message = message },
        due);

    public void PlanBeat(Connection connection) =>
        _clock.Plan(new Happening { Kind = HappeningKind.Beat, Connection = connection }, Now + options.BeatPeriod);

    public void PlanWireFree(Connection connection) =>
        _clock.Plan(new Happening { Kind = HappeningKind.WireFree, Connection = connection }, connection.Down.FreeAt);

    public void PlanComputed(SimulatedPass pass, int number, long lasts) =>
        _clock.Plan(new Happening { Kind = HappeningKind.Computed, Pass = pass, Number = number }, Now + lasts);

    /// <summary>Lets a worker try again after a pause, which is shorter where everything is.</summary>
    public void PlanConnect(SimulatedWorker worker, TimeSpan pause) => _clock.Plan(
        new Happening { Kind = HappeningKind.Connect, Worker = worker },
        Now + ((long)pause.TotalMicroseconds * options.Silence / RealSilence));

    public void PlanCoordinatorBeat(int session) =>
        _clock.Plan(new Happening { Kind = HappeningKind.CoordinatorBeat, Number = session }, Now + options.BeatPeriod);

    public void PlanJoin(bool isLiar, int slowness, long delay) =>
        _clock.Plan(new Happening { Kind = HappeningKind.Join, Flag = isLiar, Number = slowness }, Now + delay);
}
