namespace Backprop.Shared.Data;

/// <summary>Where samples come from, found by its kind: <c>csv</c>, <c>idx</c>, <c>values</c>, <c>synthetic</c>.</summary>
public abstract record SourceSpec
{
    /// <summary>Reads every sample. The arrays are handed over: the loader scales the features in place.</summary>
    /// <exception cref="Primitives.UserException">The data is missing, truncated, foreign or does not fit (exit code 2); the message
    /// names file, line and column.</exception>
    public abstract DataSet Load(in SourceContext context);
}

/// <summary>What a source needs to know of the run around it.</summary>
/// <param name="Folder">The folder of the run file; relative paths start there.</param>
/// <param name="Seed">The run's seed, for synthetic data.</param>
/// <param name="Classes">The number of classes that the run file states, or null.</param>
/// <param name="Targets">The columns to predict, for regression; empty otherwise.</param>
public readonly record struct SourceContext(string Folder, ulong Seed, int? Classes, IReadOnlyList<string> Targets)
{
    /// <summary>The classes that are known already, from the training data; empty where this source says what they are.</summary>
    public IReadOnlyList<string> ClassNames { get => field ?? []; init; } = [];

    /// <summary>What the columns that are trained on are called; none where this source says so, or they have no names.</summary>
    public ColumnNames Names { get => field ?? ColumnNames.None; init; } = ColumnNames.None;

    /// <summary>Told how the data was read and what looks like a mistake.</summary>
    internal DataNotes Notes { get => field ?? new DataNotes(); init; } = new();

    /// <summary>True where the samples are to test on and not to train on, so that synthetic ones are others.</summary>
    public bool IsTest { get; init; }

    /// <summary>The full path of a file that the run file names.</summary>
    public string Resolve(string path) => Path.Combine(Folder, path);
}
