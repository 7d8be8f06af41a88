using System.Globalization;
using System.Security.Cryptography;
using Backprop.Coordinator.Prediction;
using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Storage;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Training;

/// <summary>How a run begins: with first weights, or where its newest checkpoint left it.</summary>
internal sealed class RunBeginning(PreparedRun run, TrainOptions options, IProgressDisplay display)
{
    /// <summary>What every checkpoint of a run says of it, before its first step.</summary>
    public static Checkpoint Template(PreparedRun run, string initHash) => new()
    {
        Step = 0,
        Epoch = 0,
        Samples = 0,
        Seed = run.File.Seed,
        Identity = RunIdentity.Compute(run.File, run.Data.Hash.AsSpan(), Convert.FromHexString(initHash)),
        NumericsVersion = NumericsVersion.Current,
        RunFile = run.File.ToYaml(),
        ClassNames = run.Data.ClassNames,
        Columns = run.Data.Train.Names,
        InputShape = run.Model.Input.Sizes.ToArray(),
        InitHash = initHash,
        Scaling = run.Data.Scaling.ToJson(),
        DataFiles = DataFileStamp.Of(run.File),
    };

    /// <summary>Fills the tensors with first weights.</summary>
    /// <returns>Where the run begins.</returns>
    /// <exception cref="UserException">They cannot be read, or are of another model.</exception>
    public Checkpoint First(CheckpointTensors tensors)
    {
        if (options.InitPath is null)
        {
            run.Model.Initialize(run.File.Seed, tensors.Weights.Span);
            return Template(run, "");
        }

        var path = InitFile(options.InitPath);
        WeightsFile.Read(path, tensors);
        return Template(run, HashOf(path));
    }

    /// <summary>Fills the tensors with what the newest checkpoint has; with first weights where there is none.</summary>
    /// <returns>Where the run goes on.</returns>
    /// <exception cref="UserException">The checkpoint is damaged or of another run, or the first weights cannot be read.</exception>
    public Checkpoint Resume(RunFolder folder, CheckpointTensors tensors)
    {
        using var reader = folder.OpenNewestCheckpoint(reason => display.Warned($"passed over a checkpoint: {reason}"));
        if (reader is not null)
        {
            return Restore(reader, folder, tensors);
        }

        if (JsonLinesCut.Look(folder.LedgerPath, 0).LastStepCut is > 0 and var recorded)
        {
            display.Warned($"{folder.Path} has a record up to step {recorded} and no checkpoint: the run begins again at step 1");
        }
        else
        {
            display.Said($"{folder.Path} has no checkpoint yet: the run begins at step 1");
        }

        return First(tensors);
    }

    private Checkpoint Restore(CheckpointReader reader, RunFolder folder, CheckpointTensors tensors)
    {
        var kept = reader.Checkpoint;
        var template = Template(run, options.InitPath is { } path ? HashOf(InitFile(path)) : kept.InitHash);
        new RunDifference(run, template, kept, reader.Path).RequireNone();
        reader.ReadAll(tensors);
        SayWhereItGoesOn(reader.Path, kept.Step, JsonLinesCut.Look(folder.LedgerPath, kept.Step, options.KnownLedger));
        return template with
        {
            Step = kept.Step,
            Epoch = kept.Epoch,
            Samples = kept.Samples,
            Loss = kept.Loss,
            EpochLossSum = kept.EpochLossSum,
            EpochSamples = kept.EpochSamples,
            LastEvaluation = kept.LastEvaluation,
            BestEvaluation = kept.BestEvaluation,
            SecondsTraining = kept.SecondsTraining,
            BestValue = kept.BestValue,
        };
    }

    private void SayWhereItGoesOn(string path, long step, JsonLinesCut ledger)
    {
        var again = ledger.LastStepCut > step
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"; {new Quantity(ledger.LastStepCut - step, "step")} recorded after it, to step {ledger.LastStepCut}, "
                + $"{(ledger.LastStepCut - step == 1 ? "is" : "are")} computed again")
            : "";
        display.Said($"resumed from {path} after step {step}{again}");
    }

    /// <summary>The file of first weights; a run's folder stands for its best checkpoint.</summary>
    private string InitFile(string path)
    {
        if (!Directory.Exists(path))
        {
            return path;
        }

        using var best = CheckpointLocation.Open(path, reason => display.Warned($"passed over a checkpoint: {reason}"));
        return best.Path;
    }

    private static string HashOf(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserException(ExitCode.Usage, $"There is no file {path}; check the path.", problem);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new UserException(ExitCode.Storage, $"{path} cannot be read: {Shown.Reason(problem)}; check the path.", problem);
        }
    }
}
