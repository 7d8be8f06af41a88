using Backprop.Shared.Primitives;

namespace Backprop.Shared.Data;

/// <summary>The <c>data</c> section of a run file.</summary>
public sealed record DataSpec
{
    /// <summary>Where the samples to train on come from.</summary>
    public required SourceSpec Train { get; init; }

    /// <summary>Where the samples to test on come from; null where they are split off, or where there are none.</summary>
    public SourceSpec? Test { get; init; }

    /// <summary>
    /// The fraction of the training samples that is split off by seed, written <c>test: { fraction: 0.2 }</c>, in (0, 1); null where there
    /// is none.
    /// </summary>
    [SettingKey("test.fraction")]
    public double? TestFraction
    {
        get;
        init => field = value is null or (> 0 and < 1) ? value
            : throw new ArgumentOutOfRangeException(nameof(TestFraction), "the fraction must be above 0 and below 1");
    }

    /// <summary>How inputs are scaled; as they are if left out.</summary>
    public ScaleSpec? Scale { get; init; }

    /// <summary>The number of classes, 1 or more; counted in the training source if left out.</summary>
    public int? Classes
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Classes), "classes must be 1 or more");
    }

    /// <summary>The columns to predict, for regression from CSV.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [];
}

/// <summary>
/// How inputs are scaled: x / divide, then (x - mean) / deviation; or, with <see cref="Standardize"/>, by the mean and population
/// deviation of each column of the training part (a deviation of 0 becomes 1).
/// </summary>
public sealed record ScaleSpec
{
    /// <summary>Divides every input first. Not 0. Default 1.</summary>
    public double Divide
    {
        get;
        init => field = value != 0 ? value : throw new ArgumentOutOfRangeException(nameof(Divide), "divide must not be 0");
    }
    = 1;

    /// <summary>Is subtracted from every input after the division. Default 0.</summary>
    public double Mean { get; init; }

    /// <summary>Divides every input last. Above 0. Default 1.</summary>
    public double Deviation
    {
        get;
        init => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(Deviation), "deviation must be above 0");
    }
    = 1;

    /// <summary>Uses the statistics of the training part, column by column, after the division; they are kept in checkpoints.</summary>
    public bool Standardize { get; init; }
}
