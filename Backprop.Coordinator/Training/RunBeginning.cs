using System.Globalization;
using System.Security.Cryptography;
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

    /// <summary>Fills the tensors.</summary>
    /// <returns>Where the run begins or goes on.</returns>
    /// <exception cref="UserException">The first weights cannot be read, or the checkpoint is damaged or of another run.</exception>
    public Checkpoint Begin(RunFolder folder, CheckpointTensors tensors)
    {
        if (!options.Resume)
        {
            return First(tensors);
        }

        using var reader = folder.OpenNewestCheckpoint(reason => display.Warned($"passed over a checkpoint: {reason}"));
        if (reader is not null)
        {
            return Restore(reader, folder, tensors);
        }

        display.Said($"{folder.Path} has no checkpoint yet: the run begins again at step 1");
        return First(tensors);
    }

    private Checkpoint First(CheckpointTensors tensors)
    {
        if (options.InitPath is { } path)
        {
            WeightsFile.Read(path, tensors);
            return Template(run, HashOf(path));
        }

        run.Model.Initialize(run.File.Seed, tensors.Weights.Span);
        return Template(run, "");
    }

    private Checkpoint Restore(CheckpointReader reader, RunFolder folder, CheckpointTensors tensors)
    {
        var kept = reader.Checkpoint;
        var template = Template(run, options.InitPath is { } path ? HashOf(path) : kept.InitHash);
        new RunDifference(run, template, kept, reader.Path).RequireNone();
        reader.ReadAll(tensors);
        SayWhereItGoesOn(reader.Path, kept.Step, JsonLinesCut.Look(folder.LedgerPath, kept.Step));
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

    private static string HashOf(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
