using Backprop.Shared.Primitives;

namespace Backprop.Shared.Data;

/// <summary>
/// Samples that code holds in memory. A run file has no words for them: one that says <c>in-memory</c>, as that of a checkpoint of such a
/// run does, can be read, but its data cannot be loaded.
/// </summary>
[Kind("in-memory")]
public sealed record InMemorySource : SourceSpec
{
    private readonly DataSet? _samples;

    /// <summary>A source without samples, which is all that a run file can say.</summary>
    public InMemorySource()
    {
    }

    /// <summary>A source of the given samples. They are copied when a run loads them, and may be used by several.</summary>
    public InMemorySource(DataSet samples) => _samples = samples;

    /// <inheritdoc/>
    public override DataSet Load(in SourceContext context)
    {
        var samples = _samples ?? throw new UserException(
            ExitCode.Usage,
            "The samples of a source 'in-memory' are known only to the program that made them; "
            + "name a source of kind csv, idx, values or synthetic, or a file as --data.");
        var features = (float[])samples.Features.Clone();
        var (shape, names) = (samples.SampleShape, samples.Names);
        return samples switch
        {
            { TargetWidth: > 0 } => new DataSet(shape, features, samples.TargetValues, samples.TargetWidth) { Names = names },
            { Labels.Length: > 0 } => new DataSet(shape, features, samples.Labels, samples.ClassNames) { Names = names },
            _ => new DataSet(shape, features) { Names = names },
        };
    }
}
