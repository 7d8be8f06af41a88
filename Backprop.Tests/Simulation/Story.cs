using Backprop.Coordinator.Core;

namespace Backprop.Tests.Simulation;

/// <summary>What is to go wrong in one run, said by name: at a time, or just after the coordinator did something in a step.</summary>
internal sealed class Story
{
    private readonly List<(long Time, Action<SimulatedWorld> Action)> _timed = [];
    private readonly List<(EffectKind Kind, int Step, Action<SimulatedWorld> Action)> _triggered = [];

    /// <summary>At so many milliseconds.</summary>
    public Story At(long milliseconds, Action<SimulatedWorld> action)
    {
        _timed.Add((1_000 * milliseconds, action));
        return this;
    }

    /// <summary>Once, when the coordinator has done this for a step.</summary>
    public Story After(EffectKind kind, int step, Action<SimulatedWorld> action)
    {
        _triggered.Add((kind, step, action));
        return this;
    }

    public void Begin(SimulatedWorld world)
    {
        foreach (var (time, action) in _timed)
        {
            world.Agenda.Plan(time, action);
        }
    }

    public void OnEffect(SimulatedWorld world, in Effect effect)
    {
        for (var i = 0; i < _triggered.Count; i++)
        {
            if (_triggered[i].Kind == effect.Kind && _triggered[i].Step == effect.Step)
            {
                var action = _triggered[i].Action;
                _triggered.RemoveAt(i);
                action(world);
                return;
            }
        }
    }
}
