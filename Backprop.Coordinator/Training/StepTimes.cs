namespace Backprop.Coordinator.Training;

/// <summary>How long the steps took: the last of them by the piece, all of them in sum.</summary>
/// <param name="capacity">How many single times are kept; allocated at once.</param>
internal sealed class StepTimes(int capacity)
{
    private readonly double[] _milliseconds = new double[Math.Clamp(capacity, 1, 1 << 18)];

    /// <summary>How many steps there were.</summary>
    public long Count { get; private set; }

    /// <summary>Samples of all steps.</summary>
    public long Samples { get; private set; }

    /// <summary>The time of all steps.</summary>
    public double Seconds { get; private set; }

    /// <summary>Half of the kept steps took at most this, in milliseconds.</summary>
    public double Median => Quantile(0.5);

    /// <summary>95 % of them took at most this, in milliseconds.</summary>
    public double P95 => Quantile(0.95);

    /// <summary>Samples of all steps by the time of all steps.</summary>
    public double SamplesPerSecond => Seconds > 0 ? Samples / Seconds : 0;

    /// <summary>One more step.</summary>
    public void Add(double milliseconds, int samples)
    {
        _milliseconds[Count++ % _milliseconds.Length] = milliseconds;
        Samples += samples;
        Seconds += milliseconds / 1000;
    }

    private double Quantile(double fraction)
    {
        var kept = (int)Math.Min(Count, _milliseconds.Length);
        if (kept == 0)
        {
            return 0;
        }

        var sorted = _milliseconds.AsSpan(0, kept).ToArray();
        Array.Sort(sorted);
        return sorted[Math.Min(kept - 1, (int)(fraction * kept))];
    }
}
