namespace Backprop.Shared.Runs;

/// <summary>The arithmetic of a run's length, in one place.</summary>
public static class RunLength
{
    /// <summary>The steps of one epoch; the short last batch counts.</summary>
    /// <param name="samples">How many samples the training part has, 1 or more.</param>
    /// <param name="batch">How many samples a step takes, 1 or more.</param>
    public static long StepsPerEpoch(long samples, int batch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        return ((samples - 1) / batch) + 1;
    }

    /// <summary>The steps of a whole run: as many as it says, or those of its epochs.</summary>
    public static long TotalSteps(RunFile run, long samples) =>
        run.Steps ?? checked((run.Epochs ?? throw new ArgumentException("The run has neither epochs nor steps.", nameof(run)))
            * StepsPerEpoch(samples, run.Batch));

    /// <summary>The 0-based epoch of a 0-based step.</summary>
    public static long EpochOf(long step, long samples, int batch) => step / StepsPerEpoch(samples, batch);

    /// <summary>How many samples a 0-based step takes: a batch, or what is left in the epoch's last.</summary>
    public static int SamplesOf(long step, long samples, int batch) =>
        (int)Math.Min(batch, samples - (step % StepsPerEpoch(samples, batch) * batch));
}
