using Backprop.Coordinator.Core;

namespace Backprop.Tests.Simulation;

internal enum HappeningKind
{
    Input,
    ToCoordinator,
    ToWorker,
    Computed,
    Beat,
    CoordinatorBeat,
    WireFree,
    Connect,
    Join,
    Restart,
    Chaos,
    Heal,
    Story,
}

/// <summary>Something that will happen.</summary>
internal struct Happening
{
    public HappeningKind Kind;
    public Connection? Connection;
    public SimulatedWorker? Worker;
    public SimulatedPass? Pass;
    public int Number;
    public bool Flag;
    public Input Input;
    public Message Message;
    public Action<SimulatedWorld>? Action;
}
