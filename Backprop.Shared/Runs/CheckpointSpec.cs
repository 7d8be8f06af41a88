namespace Backprop.Shared.Runs;

/// <summary>
/// The <c>checkpoint</c> section of a run file: how often checkpoints are written beside the one at the end. It is no part of a run's
/// identity.
/// </summary>
public sealed record CheckpointSpec
{
    /// <summary>Writes a checkpoint after every so many steps, 1 or more; must be given.</summary>
    public required long EverySteps
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(EverySteps), "everySteps must be 1 or more");
    }

    /// <summary>How many of the newest are kept, 1 or more, beside the best. Default 3.</summary>
    public int Keep
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Keep), "keep must be 1 or more");
    } = 3;
}
