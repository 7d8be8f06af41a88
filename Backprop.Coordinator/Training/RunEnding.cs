using Backprop.Coordinator.Core;
using Backprop.Coordinator.Storage;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Training;

/// <summary>Why a run ended before its time, and what there is of it, in one message.</summary>
internal static class RunEnding
{
    /// <summary>The failure; null where the run was completed, or stopped as it was asked to.</summary>
    public static UserException? FailureOf(IRunEngine engine, RunRecorder recorder, RunStorage storage)
    {
        var reason = engine.Failure ?? (engine.Outcome == RunOutcome.StorageFailed ? recorder.CheckpointFailure : null);
        if (reason is null && engine.Outcome is not (RunOutcome.Completed or RunOutcome.Stopped))
        {
            reason = new UserException(ExitCode.Unexpected, $"The run ended without a word of why ({engine.Outcome}).");
        }

        return reason is null ? null : new UserException(reason.ExitCode, $"{reason.Message} {Saved(engine, storage, reason)}", reason);
    }

    private static string Saved(IRunEngine engine, RunStorage storage, UserException reason)
    {
        if (storage.Folder.Checkpoints.List() is not [var newest, ..])
        {
            return $"No checkpoint was written yet; the record is in {storage.Folder.Path}.";
        }

        var after = engine.Completed - newest.Step;
        var lost = after > 0 ? $" ({new Quantity(after, "step")} after it will be computed again)" : "";
        return reason.ExitCode == ExitCode.Storage
            ? $"The run is saved up to step {newest.Step}, in {newest.Path}{lost}; then go on with --resume."
            : $"The last good weights are in {newest.Path}{(after > 0 ? $", {new Quantity(after, "step")} before the end" : "")}.";
    }
}
