using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;

namespace Backprop.Tests.Simulation;

/// <summary>What a coordinator was told of layers that threw since the step or the evaluation began that is under way.</summary>
internal sealed class LayerFailures
{
    private readonly List<(Connection Connection, Assignment Work)> _told = [];
    private (bool IsEvaluation, int Step) _underWay;

    public void BeginStep(int step) => Begin((false, step));

    public void BeginEvaluation(int completed) => Begin((true, completed));

    /// <summary>Keeps a failure, with what was really computed when it happened.</summary>
    public void Add(Connection connection, in Assignment work) => _told.Add((connection, work));

    /// <summary>A layer ends the run where it threw on two workers in one step or evaluation, or twice on the only one.</summary>
    public void CheckEnd(CoordinatorState state)
    {
        // A failure names its step alone: one of the step that comes late counts for the evaluation after it.
        var here = _told.Where(t => t.Work.Step == _underWay.Step).ToArray();
        var workers = here.Select(t => t.Connection).Distinct().Count();
        if (workers < 2 && (here.Length < 2 || state.Members.Count > 1))
        {
            throw new SimulationFailure(
                $"the run failed in {(_underWay.IsEvaluation ? "the evaluation after " : "")}step {_underWay.Step}, where layers threw "
                + $"{here.Length} times on {workers} of {state.Members.Count} workers");
        }
    }

    private void Begin((bool IsEvaluation, int Step) underWay)
    {
        _told.Clear();
        _underWay = underWay;
    }
}
