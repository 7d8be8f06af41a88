namespace Backprop.Coordinator.Training;

/// <summary>
/// A run's loss, as every trainer gives it: the mean over the samples of the last whole epoch, each step's before its update. In float64,
/// in the order of the steps, and kept in checkpoints: so it is the same figure whether the run was resumed or not. Where a checkpoint does
/// not know the beginning of its epoch, the mean is over the samples from there on.
/// </summary>
internal sealed class EpochLoss
{
    /// <summary>The mean over the last whole epoch; NaN before the first.</summary>
    public double LastEpoch { get; private set; } = double.NaN;

    /// <summary>The sum over the samples of the epoch that goes on; 0 at its beginning.</summary>
    public double Sum { get; private set; }

    /// <summary>How many samples of that epoch there were.</summary>
    public long Samples { get; private set; }

    /// <summary>The mean over the epoch that goes on; NaN at its beginning.</summary>
    public double SoFar => Samples > 0 ? Sum / Samples : double.NaN;

    /// <summary>The mean over the last whole epoch; before the first, over the samples so far; NaN before any.</summary>
    public double Value => double.IsNaN(LastEpoch) ? SoFar : LastEpoch;

    /// <summary>Goes on from what a checkpoint says.</summary>
    public void Resume(double lastEpoch, double sum, long samplesSoFar) => (LastEpoch, Sum, Samples) = (lastEpoch, sum, samplesSoFar);

    /// <summary>One more step.</summary>
    /// <param name="loss">The mean over its samples.</param>
    /// <param name="endsEpoch">It is the last of its epoch.</param>
    public void Add(double loss, int stepSamples, bool endsEpoch)
    {
        Sum += loss * stepSamples;
        Samples += stepSamples;
        if (endsEpoch)
        {
            (LastEpoch, Sum, Samples) = (Sum / Samples, 0, 0);
        }
    }
}
