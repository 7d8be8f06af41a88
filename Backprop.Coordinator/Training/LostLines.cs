using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Storage;
using Backprop.Shared.Checkpoints;

namespace Backprop.Coordinator.Training;

/// <summary>
/// Logs that have lost lines are no reason to throw good weights away: what is missing is said, and written down in the ledger.
/// </summary>
internal static class LostLines
{
    /// <summary>Notes what the logs of a run that goes on should have and have not.</summary>
    public static void Note(RunStorage storage, LogCuts cuts, Checkpoint start, IProgressDisplay display)
    {
        var (path, recorded) = (storage.Ledger.Path, cuts.Ledger.LastStep);
        foreach (var (first, last) in cuts.Ledger.Gaps ?? [])
        {
            storage.Ledger.AppendMissing(first, last, after: recorded);
            display.Warned(
                $"{path} was damaged: it lost what it said of {Steps(first, last)}; as it was it is kept as {path}.damaged");
        }

        if (recorded < start.Step)
        {
            storage.Ledger.AppendMissing(recorded + 1, start.Step, after: start.Step);
            display.Warned($"{path} has no lines of {Steps(recorded + 1, start.Step)}; the checkpoint is whole, and the run goes on");
        }

        if (start.LastEvaluation is { } evaluated && cuts.Metrics.LastStep < evaluated.Step)
        {
            display.Warned(
                $"{storage.Folder.MetricsPath} lost evaluations, that of step {evaluated.Step} among them; the run goes on without them");
        }
    }

    private static string Steps(long first, long last) => first == last ? $"step {first}" : $"steps {first} to {last}";
}
