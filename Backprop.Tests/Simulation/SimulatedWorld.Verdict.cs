using Backprop.Coordinator.Core;

namespace Backprop.Tests.Simulation;

/// <summary>What must be true of a simulated run.</summary>
internal sealed partial class SimulatedWorld
{
    /// <summary>Who is there, for a report.</summary>
    public string DescribeWorkers() =>
        string.Join(", ", _workers.Select(w => $"{w.Instance}{(w.IsLiar ? " (liar)" : "")}{(w.IsConnected ? "" : " (not connected)")}"));

    /// <summary>A run may diverge where the mathematics does, or where the same span came out not finite twice because of lies.</summary>
    public void CheckDivergence(in Effect effect)
    {
        var lies = _lies.GetValueOrDefault((effect.Step, effect.First, effect.Count));
        if (effect.Step != _reference.DivergesAt && (effect.Count == 0 || lies < 2))
        {
            throw new SimulationFailure($"step {effect.Step} diverged at [{effect.First}+{effect.Count}], of which there were {lies} lies");
        }
    }

    /// <summary>Only a worker that lied is named.</summary>
    public void CheckNamed(in Effect effect)
    {
        if (!Coordinator.ConnectionOf(effect.Worker).Worker.IsLiar)
        {
            throw new SimulationFailure($"worker {effect.Worker} was named in step {effect.Step} and never lied");
        }
    }

    /// <summary>Looks at the end of a run, and lets one that was only stopped go on.</summary>
    public void OnFinished()
    {
        var state = Coordinator.State;
        var checkpoint = Storage.DurableStep == state.Completed ? "" : $" with its newest checkpoint at {Storage.DurableStep}";
        switch (Coordinator.Outcome)
        {
            case RunOutcome.Completed:
                Require(_reference.DivergesAt == 0, "a run completed that has no finite result");
                Storage.CheckComplete();
                CheckWeights(state.Completed);
                _over = true;
                break;
            case RunOutcome.Diverged:
                var isSafe = checkpoint.Length == 0 || state.CheckpointFailures > 0;
                Require(isSafe, $"the run diverged after step {state.Completed}{checkpoint}");
                CheckWeights(state.Completed);
                _over = true;
                break;
            case RunOutcome.Stopped:
                Require(checkpoint.Length == 0, $"the run stopped after step {state.Completed}{checkpoint}");
                GoDown(silently: false);
                break;
            case RunOutcome.TooFewWorkers:
                Require(Options.Rules.WorkersTimeout >= TimeSpan.Zero, "the run gave up waiting for workers, for which it has no limit");
                GoDown(silently: false);
                break;
            case RunOutcome.StorageFailed:
                Require(state.CheckpointFailures > 0, "storage failed without a failure");
                GoDown(silently: false);
                break;
            case RunOutcome.None:
            case RunOutcome.Failed:
                throw new SimulationFailure($"the run ended as {Coordinator.Outcome}");
        }
    }

    private void CheckWeights(int completed) => Require(
        Coordinator.Weights.HasBitsOf(_reference.WeightsAfter(completed)),
        $"the run ended in {Coordinator.Weights} after step {completed}, not in {_reference.WeightsAfter(completed)}");

    private static void Require(bool holds, string violation)
    {
        if (!holds)
        {
            throw new SimulationFailure(violation);
        }
    }
}
