using Backprop.Shared.Data;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Prediction;

/// <summary>Samples for a trained model, scaled as those it was trained on.</summary>
/// <param name="Samples">The samples.</param>
/// <param name="Name">What they are called.</param>
/// <param name="Ids">Their 0-based rows in the source; null where it has them all.</param>
/// <param name="Notes">How a file of them was read.</param>
internal sealed record ModelData(DataSet Samples, string Name, int[]? Ids, IReadOnlyList<DataNote> Notes)
{
    /// <summary>The 0-based row of a sample in its source.</summary>
    public int IdOf(int sample) => Ids is null ? sample : Ids[sample];

    /// <summary>Reads the samples of a file, or the test part of the run that the model comes from.</summary>
    /// <exception cref="UserException">They are missing or do not fit (usage), or are not those of the training (mismatch).</exception>
    /// <param name="path">The file; null: the test part.</param>
    /// <param name="header">Whether the first row of a CSV file names its columns.</param>
    public static ModelData Load(TrainedModel model, string? path, CsvHeader header)
    {
        if (path is not null)
        {
            var notes = new DataNotes();
            var samples = DataLoader.LoadForInference(path, model.Form with { Header = header }, notes);
            return new ModelData(samples, path, null, notes.All);
        }

        var run = model.Run;
        if (run.Data is { Test: null, TestFraction: null })
        {
            throw new UserException(ExitCode.Usage, $"The run {run.Name} has no test part; name a file of samples as --data.");
        }

        var data = DataLoader.Load(run.Data, run.Folder, run.Seed);
        if (model.Origin is { } origin && origin.NumericsVersion == NumericsVersion.Current
            && RunIdentity.Compute(run, data.Hash.AsSpan(), Convert.FromHexString(origin.InitHash)) != origin.Identity)
        {
            throw new UserException(
                ExitCode.Mismatch,
                $"The data of the run {run.Name} is not what it was in training; restore it, or name a file of samples as --data.");
        }

        return new ModelData(data.Test!, $"the test part of {run.Name}", data.TestIds, []);
    }
}
