using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;

namespace Backprop.Tests.Simulation;

/// <summary>What must be true of a simulated run.</summary>
internal sealed partial class SimulatedWorld
{
    /// <summary>Who is there, for a report.</summary>
    public string DescribeWorkers() =>
        string.Join(", ", _workers.Select(w => $"{w.Instance}{(w.IsLiar ? " (liar)" : "")}{(w.IsConnected ? "" : " (not connected)")}"));

    /// <summary>A run may diverge where the mathematics does, or where the same span came out not finite twice because of lies.</summary>
    public void CheckDivergence(int step, in Assignment shown)
    {
        var lies = _lies.GetValueOrDefault((step, shown.First, shown.Count));
        if (step != _reference.DivergesAt && (shown.Count == 0 || lies < 2))
        {
            throw new SimulationFailure($"step {step} diverged at [{shown.First}+{shown.Count}], of which there were {lies} lies");
        }
    }

    /// <summary>Only a worker that lied is named.</summary>
    public void CheckNamed(WorkerId worker, int step)
    {
        if (!Coordinator.ConnectionOf(worker.Value).Worker.IsLiar)
        {
            throw new SimulationFailure($"worker {worker} was named in step {step} and never lied");
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
            case RunOutcome.Failed:
                Coordinator.LayerFailures.CheckEnd(state);
                GoDown(silently: false);
                break;
            case RunOutcome.None:
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
