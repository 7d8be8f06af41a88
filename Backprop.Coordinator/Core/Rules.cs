using System.Numerics;

namespace Backprop.Coordinator.Core;

/// <summary>
/// The numbers by which the coordinator decides; they hold for the whole run. Steps count from 1: step n is the n-th update of the
/// weights, and its gradients are computed with the weights of n - 1 completed steps.
/// </summary>
internal sealed record Rules
{
    /// <summary>How many steps the run has.</summary>
    public required int Steps { get; init; }

    /// <summary>Samples of an epoch.</summary>
    public required int Samples { get; init; }

    /// <summary>Samples of a batch; the last one of an epoch may be shorter.</summary>
    public required int Batch { get; init; }

    /// <summary>Shards of a batch: a power of two.</summary>
    public required int Shards { get; init; }

    /// <summary>Below so many workers the run waits.</summary>
    public int WorkersMinimum { get; init; } = 1;

    /// <summary>A worker beyond so many is refused.</summary>
    public int WorkersMaximum { get; init; } = 64;

    /// <summary>How long the run waits for its minimum of workers before it ends; infinite by default.</summary>
    public TimeSpan WorkersTimeout { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>An evaluation after every so many steps; 0: none.</summary>
    public int EvaluateEverySteps { get; init; }

    /// <summary>An evaluation after every so many epochs; 0: none.</summary>
    public int EvaluateEveryEpochs { get; init; }

    /// <summary>An evaluation after the last step.</summary>
    public bool EvaluateAtEnd { get; init; }

    /// <summary>Blocks of an evaluation; 0: there is nothing to evaluate on.</summary>
    public int EvaluationBlocks { get; init; }

    /// <summary>Nobody is given more blocks at once: their results travel together.</summary>
    public int BlocksAtOnce { get; init; } = int.MaxValue;

    /// <summary>A line of the ledger for every step.</summary>
    public bool Ledger { get; init; } = true;

    /// <summary>
    /// Whether there are checkpoints at all: before the run ends at good weights, of the best evaluation, and by cadence.
    /// </summary>
    public bool Checkpoints { get; init; } = true;

    /// <summary>A checkpoint after every so many steps; 0: not by steps.</summary>
    public int CheckpointEverySteps { get; init; }

    /// <summary>A checkpoint after every so many epochs; 0: not by epochs.</summary>
    public int CheckpointEveryEpochs { get; init; }

    /// <summary>A checkpoint at the first step boundary after so long without one; zero: not by time.</summary>
    public TimeSpan CheckpointEvery { get; init; }

    /// <summary>After so many failed checkpoints in a row the run ends.</summary>
    public int CheckpointFailuresMaximum { get; init; } = 5;

    /// <summary>A failed checkpoint is tried again at the first step boundary after this time.</summary>
    public TimeSpan CheckpointRetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The run stops after this step, as if asked to; 0: it does not.</summary>
    public int StopAt { get; init; }

    /// <summary>A worker is dismissed after so many non-finite answers that came out finite elsewhere.</summary>
    public int StrikesMaximum { get; init; } = 3;

    /// <summary>What a layer threw on is tried on another worker before the run ends; false where all are of one process.</summary>
    public bool RetryLayers { get; init; }

    /// <summary>Idle workers compute what is late, too.</summary>
    public bool Speculate { get; init; }

    /// <summary>A worker is late after so many times the time that its shards usually take.</summary>
    public double LateFactor { get; init; } = 2;

    /// <summary>No worker is late before this time.</summary>
    public TimeSpan LateMinimum { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>The weight of the newest measurement in a worker's speed, in [0, 1]; 0: the speed told at joining stays.</summary>
    public double SpeedSmoothing { get; init; }

    /// <summary>
    /// A measurement that took so long counts half of its weight, a shorter one less: so that a worker's speed is that of a stretch of
    /// time, however many steps it has, and the jitter of short steps does not move shards to and fro.
    /// </summary>
    public TimeSpan SpeedMemory { get; init; }

    /// <summary>Steps of an epoch.</summary>
    public int StepsPerEpoch => (int)(((long)Samples + Batch - 1) / Batch);

    /// <summary>The 1-based epoch that a step belongs to; 0 before the first.</summary>
    public int EpochOf(int step) => (int)(((long)step + StepsPerEpoch - 1) / StepsPerEpoch);

    /// <summary>The samples of a step: a batch, or what is left of the epoch.</summary>
    public int SamplesOf(int step)
    {
        var before = (long)((step - 1) % StepsPerEpoch) * Batch;
        return (int)Math.Min(Batch, Samples - before);
    }

    /// <summary>True where an evaluation follows the step.</summary>
    public bool EvaluatesAfter(int step)
    {
        if (EvaluationBlocks == 0 || step == 0)
        {
            return false;
        }

        var epochs = (long)EvaluateEveryEpochs * StepsPerEpoch;
        return (EvaluateEverySteps > 0 && step % EvaluateEverySteps == 0)
            || (epochs > 0 && step % epochs == 0)
            || (EvaluateAtEnd && step == Steps);
    }

    /// <summary>How many samples the steps after this one have, to the end of the run.</summary>
    public long SamplesAfter(int step) => SamplesUntil(Steps) - SamplesUntil(Math.Min(step, Steps));

    /// <summary>True where a checkpoint follows the step by its number.</summary>
    public bool CheckpointsAfter(int step)
    {
        var epochs = (long)CheckpointEveryEpochs * StepsPerEpoch;
        return (CheckpointEverySteps > 0 && step % CheckpointEverySteps == 0) || (epochs > 0 && step % epochs == 0);
    }

    /// <summary>How many samples the first so many steps have.</summary>
    public long SamplesUntil(int step) =>
        ((long)(step / StepsPerEpoch) * Samples) + Math.Min(Samples, (long)(step % StepsPerEpoch) * Batch);

    /// <summary>Refuses numbers that no run can have. The run file has been checked with words for people long before.</summary>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Steps);
        ArgumentOutOfRangeException.ThrowIfLessThan(Samples, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Batch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Shards, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Shards, 1024);
        ArgumentOutOfRangeException.ThrowIfNotEqual(BitOperations.IsPow2(Shards), true, nameof(Shards));
        ArgumentOutOfRangeException.ThrowIfLessThan(WorkersMinimum, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(WorkersMaximum, WorkersMinimum);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(WorkersMaximum, 1 << 14);
        ArgumentOutOfRangeException.ThrowIfNegative(EvaluateEverySteps);
        ArgumentOutOfRangeException.ThrowIfNegative(EvaluateEveryEpochs);
        ArgumentOutOfRangeException.ThrowIfNegative(EvaluationBlocks);
        ArgumentOutOfRangeException.ThrowIfLessThan(BlocksAtOnce, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(CheckpointEverySteps);
        ArgumentOutOfRangeException.ThrowIfNegative(CheckpointEveryEpochs);
        ArgumentOutOfRangeException.ThrowIfLessThan(CheckpointEvery, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(CheckpointFailuresMaximum, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(StopAt);
        ArgumentOutOfRangeException.ThrowIfLessThan(StrikesMaximum, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(LateFactor, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(SpeedSmoothing);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(SpeedSmoothing, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(SpeedMemory, TimeSpan.Zero);
    }
}
