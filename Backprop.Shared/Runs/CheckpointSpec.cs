namespace Backprop.Shared.Runs;

/// <summary>
/// The <c>checkpoint</c> section of a run file: how often checkpoints are written beside the one at the end. It is no part of a run's
/// identity.
/// </summary>
public sealed record CheckpointSpec
{
    /// <summary>Writes a checkpoint after every so many steps, 1 or more; not by steps if left out.</summary>
    public long? EverySteps
    {
        get;
        init => field = value is null or >= 1 ? value
            : throw new ArgumentOutOfRangeException(nameof(EverySteps), "everySteps must be 1 or more");
    }

    /// <summary>Writes a checkpoint after every so many epochs, 1 or more; not by epochs if left out.</summary>
    public int? EveryEpochs
    {
        get;
        init => field = value is null or >= 1 ? value
            : throw new ArgumentOutOfRangeException(nameof(EveryEpochs), "everyEpochs must be 1 or more");
    }

    /// <summary>
    /// Writes a checkpoint after the first step that ends so many seconds after the one before was begun, up to 1,000,000; 0: not by
    /// time. Default 60.
    /// </summary>
    public double EverySeconds
    {
        get;
        init => field = value is >= 0 and <= 1e6 ? value
            : throw new ArgumentOutOfRangeException(nameof(EverySeconds), "everySeconds must be from 0 to 1,000,000");
    } = 60;

    /// <summary>How many of the newest are kept, 1 or more, beside the best. Default 3.</summary>
    public int Keep
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Keep), "keep must be 1 or more");
    } = 3;
}
