using Backprop.Coordinator.Core;
using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Storage;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Training;

/// <summary>A run that is resumed although nothing is left to do: what it left behind stays as it is.</summary>
internal sealed class FinishedRun(RunFolder folder, Rules rules, RunProgress progress, Checkpoint start, RunWeights weights)
{
    /// <summary>Whether nothing is left to do: no step, and no evaluation that was to follow the last one.</summary>
    /// <exception cref="UserException">The run has more steps behind it than it shall have (usage).</exception>
    public bool IsFinished()
    {
        if (start.Step > rules.Steps)
        {
            throw new UserException(
                ExitCode.Usage,
                $"{folder.Path} has been trained for {new Quantity(start.Step, "step")}, more than the {rules.Steps} that are asked for; "
                + "ask for more epochs, or begin a new run from its checkpoint with --init.");
        }

        var isEnd = start.Step == rules.Steps || (rules.StopAt > 0 && start.Step >= rules.StopAt);
        return isEnd && start.Step > 0
            && !(rules.EvaluatesAfter((int)start.Step) && JsonLinesCut.Look(folder.MetricsPath, start.Step).LastStep < start.Step);
    }

    /// <summary>The summary that is there; made anew, of what the checkpoint knows, where it is lost or of another moment.</summary>
    /// <exception cref="UserException">It cannot be written (storage).</exception>
    public Summary Keep(IProgressDisplay display)
    {
        var known = RunSummary.OfCheckpoint(folder, rules, progress, start, weights);
        display.Said(
            known.Status == RunStatus.Completed
                ? "nothing is left to do: all steps are done; to train longer, ask for more, as with --set epochs=N"
                : $"nothing is left to do before --stop-at {rules.StopAt}");
        var there = Summary.TryRead(folder.SummaryPath);
        if (there is not null && there.Status == known.Status && there.Steps == known.Steps && there.WeightsSha256 == known.WeightsSha256)
        {
            return there;
        }

        known.Write(folder.SummaryPath);
        return known;
    }
}
