using Backprop.Coordinator.Storage;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Prediction;

/// <summary>Where a trained model is read from: a checkpoint, or the folder of a run that has some.</summary>
internal static class CheckpointLocation
{
    /// <summary>Opens a checkpoint; of a folder's the best by the first metric, else the newest that is whole.</summary>
    /// <param name="path">The file, a run's folder, or its folder of checkpoints.</param>
    /// <param name="report">Told in a sentence what was passed over.</param>
    /// <exception cref="UserException">There is none (usage), it is damaged (storage), or of another version (mismatch).</exception>
    public static CheckpointReader Open(string path, Action<string> report)
    {
        if (!Directory.Exists(path))
        {
            return CheckpointReader.Open(path);
        }

        var inside = Path.Combine(path, RunFolderFiles.Checkpoints);
        var store = new CheckpointStore(Directory.Exists(inside) ? inside : path);
        if (store.List().Count == 0)
        {
            throw new UserException(ExitCode.Usage, $"{path} holds no checkpoint; name one, or the folder of a run that has written one.");
        }

        return Best(store, report) ?? store.FindNewestValid(skipped => report(skipped.Reason))
            ?? throw new UserException(ExitCode.Storage, $"All checkpoints in {store.Folder} are damaged; name another, or train again.");
    }

    private static CheckpointReader? Best(CheckpointStore store, Action<string> report)
    {
        if (store.FindBest(long.MaxValue) is not { } step)
        {
            return null;
        }

        try
        {
            return CheckpointReader.Open(store.PathOf(step));
        }
        catch (UserException problem) when (problem.ExitCode == ExitCode.Storage)
        {
            report(problem.Message);
            return null;
        }
    }
}
