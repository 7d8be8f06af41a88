using Backprop.Shared.Data;

namespace Backprop.Shared.Checkpoints;

/// <summary>
/// What a checkpoint says beside its tensors: with the data at hand enough to resume, and with nothing else enough to evaluate and predict.
/// </summary>
internal sealed record Checkpoint
{
    /// <summary>How many steps were committed: the next one is the 0-based step of this number.</summary>
    public required long Step { get; init; }

    /// <summary>The 1-based epoch of the last committed step; 0 before the first.</summary>
    public required int Epoch { get; init; }

    /// <summary>How many samples went into the committed steps.</summary>
    public required long Samples { get; init; }

    /// <summary>The run's seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The run's identity: a hash of all that determines its result.</summary>
    public required string Identity { get; init; }

    /// <summary>The version of the arithmetic, part of the identity.</summary>
    public required int NumericsVersion { get; init; }

    /// <summary>The resolved run file, YAML.</summary>
    public required string RunFile { get; init; }

    /// <summary>The classes' names in order of their labels; empty for regression.</summary>
    public IReadOnlyList<string> ClassNames { get; init; } = [];

    /// <summary>What the columns of the training data are called; none where they have no names.</summary>
    public ColumnNames Columns { get; init; } = ColumnNames.None;

    /// <summary>A sample's shape, outermost first.</summary>
    public IReadOnlyList<int> InputShape { get; init; } = [];

    /// <summary>SHA-256 of the file that the first weights came from, in hexadecimal; empty where they were made.</summary>
    public string InitHash { get; init; } = "";

    /// <summary>How inputs are scaled, in JSON; whoever reads data knows its form.</summary>
    public string Scaling { get; init; } = "null";

    /// <summary>The mean loss over the samples of the last whole epoch, each before its step's update; NaN before the first.</summary>
    public double Loss { get; init; } = double.NaN;

    /// <summary>The sum of the losses over the samples of the epoch that goes on; 0 at its beginning.</summary>
    public double EpochLossSum { get; init; }

    /// <summary>How many samples of that epoch there were.</summary>
    public long EpochSamples { get; init; }

    /// <summary>The newest evaluation; null before the first.</summary>
    public Evaluation? LastEvaluation { get; init; }

    /// <summary>The best evaluation by the first metric; null before the first.</summary>
    public Evaluation? BestEvaluation { get; init; }

    /// <summary>The data files, as they were when the run was begun or resumed: to say which of them changed.</summary>
    public IReadOnlyList<DataFileStamp> DataFiles { get; init; } = [];

    /// <summary>Training time up to here, summed over resumed parts.</summary>
    public double SecondsTraining { get; init; }

    /// <summary>True where these weights are the best so far by the first metric; see <see cref="BestValue"/>.</summary>
    public bool IsBest { get; init; }

    /// <summary>The first metric's best value so far; NaN before the first evaluation.</summary>
    public double BestValue { get; init; } = double.NaN;
}
