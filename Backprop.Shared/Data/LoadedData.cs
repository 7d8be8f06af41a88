using System.Collections.Immutable;

namespace Backprop.Shared.Data;

/// <summary>The data of a run, read, split and scaled.</summary>
public sealed record LoadedData
{
    /// <summary>The samples to train on, scaled. Row i is row <see cref="SourceRow"/>(i) of the source.</summary>
    public required DataSet Train { get; init; }

    /// <summary>The samples to test on, scaled; null where there are none.</summary>
    public DataSet? Test { get; init; }

    /// <summary>The 0-based rows of the source that <see cref="Train"/> holds, ascending; null where it holds all.</summary>
    public int[]? TrainIds { get; init; }

    /// <summary>
    /// The 0-based rows of the source that <see cref="Test"/> holds, ascending; null where the test part is a source of its own or
    /// missing.
    /// </summary>
    public int[]? TestIds { get; init; }

    /// <summary>What was done to the inputs.</summary>
    public required InputScaling Scaling { get; init; }

    /// <summary>The classes; empty for regression.</summary>
    public IReadOnlyList<string> ClassNames => Train.ClassNames;

    /// <summary>
    /// SHA-256 over the data as read, before splitting and scaling: shapes, features, labels, targets and class names of the training
    /// source and of the test source. The same for any path, packing or way of writing the same numbers. Part of a run's identity.
    /// </summary>
    public required ImmutableArray<byte> Hash { get; init; }

    /// <summary>The sample id of a training row: its 0-based row in the source.</summary>
    public int SourceRow(int row) => TrainIds is null ? row : TrainIds[row];

    /// <summary>How the data was read, and what looks like a mistake in it.</summary>
    internal IReadOnlyList<DataNote> Notes { get; init; } = [];
}
