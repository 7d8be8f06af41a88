using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;

namespace Backprop.Tests.Simulation;

/// <summary>What must be true of a simulated run.</summary>
internal sealed class Verdict(SimulatedWorld world, ReferenceRun reference)
{
    private readonly Dictionary<(int Step, int First, int Count), int> _lies = [];

    /// <summary>Remembers that a worker lied about a span, to judge what comes of it.</summary>
    public void NoteLie(in Assignment work) =>
        _lies[(work.Step, work.First, work.Count)] = _lies.GetValueOrDefault((work.Step, work.First, work.Count)) + 1;

    /// <summary>A new life of the coordinator knows nothing of lies told to the former one.</summary>
    public void ForgetLies() => _lies.Clear();

    /// <summary>Who is there, for a report.</summary>
    public string DescribeWorkers() => string.Join(
        ", ",
        world.Workers.Select(w => $"{w.Instance}{(w.IsLiar ? " (liar)" : "")}{(w.IsConnected ? "" : " (not connected)")}"));

    /// <summary>A run may diverge where the mathematics does, or where the same span came out not finite twice because of lies.</summary>
    public void CheckDivergence(int step, in Assignment shown)
    {
        var lies = _lies.GetValueOrDefault((step, shown.First, shown.Count));
        if (step != reference.DivergesAt && (shown.Count == 0 || lies < 2))
        {
            throw new SimulationFailure($"step {step} diverged at [{shown.First}+{shown.Count}], of which there were {lies} lies");
        }
    }

    /// <summary>Only a worker that lied is named.</summary>
    public void CheckNamed(WorkerId worker, int step)
    {
        if (!world.Coordinator.Reception.ConnectionOf(worker).Worker.IsLiar)
        {
            throw new SimulationFailure($"worker {worker} was named in step {step} and never lied");
        }
    }

    /// <summary>Looks at the end of a run, and lets one that was only stopped go on.</summary>
    public void OnFinished()
    {
        var state = world.Coordinator.State;
        var checkpoint = world.Storage.DurableStep == state.Completed ? "" : $" with its newest checkpoint at {world.Storage.DurableStep}";
        switch (world.Coordinator.Outcome)
        {
            case RunOutcome.Completed:
                Require(reference.DivergesAt == 0, "a run completed that has no finite result");
                world.Storage.CheckComplete();
                CheckWeights(state.Completed);
                world.End();
                break;
            case RunOutcome.Diverged:
                var isSafe = checkpoint.Length == 0 || state.CheckpointFailures > 0;
                Require(isSafe, $"the run diverged after step {state.Completed}{checkpoint}");
                CheckWeights(state.Completed);
                world.End();
                break;
            case RunOutcome.Stopped:
                Require(checkpoint.Length == 0, $"the run stopped after step {state.Completed}{checkpoint}");
                world.GoDown(silently: false);
                break;
            case RunOutcome.TooFewWorkers:
                var hasLimit = world.Options.Rules.WorkersTimeout >= TimeSpan.Zero;
                Require(hasLimit, "the run gave up waiting for workers, for which it has no limit");
                world.GoDown(silently: false);
                break;
            case RunOutcome.StorageFailed:
                Require(state.CheckpointFailures > 0, "storage failed without a failure");
                world.GoDown(silently: false);
                break;
            case RunOutcome.Failed:
                world.Coordinator.LayerFailures.CheckEnd(state);
                world.GoDown(silently: false);
                break;
            case RunOutcome.None:
                throw new SimulationFailure($"the run ended as {world.Coordinator.Outcome}");
        }
    }

    private void CheckWeights(int completed) => Require(
        world.Coordinator.Weights.HasBitsOf(reference.WeightsAfter(completed)),
        $"the run ended in {world.Coordinator.Weights} after step {completed}, not in {reference.WeightsAfter(completed)}");

    private static void Require(bool holds, string violation)
    {
        if (!holds)
        {
            throw new SimulationFailure(violation);
        }
    }
}
