namespace Backprop.Shared.Data;

/// <summary>What a trained model takes and gives, as its checkpoint says: enough to read new data for it.</summary>
public sealed record ModelForm
{
    /// <summary>How many inputs a sample has.</summary>
    public required int Inputs { get; init; }

    /// <summary>How the inputs were scaled in training; the same is done to new ones.</summary>
    public required InputScaling Scaling { get; init; }

    /// <summary>The classes; empty for regression.</summary>
    public IReadOnlyList<string> ClassNames { get; init; } = [];

    /// <summary>How many values a sample should give, for regression; 0 for classes.</summary>
    public int TargetWidth { get; init; }

    /// <summary>The names of those values' columns, where they have names.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [];

    /// <summary>What the columns were called that were trained on; none where they had no names.</summary>
    public ColumnNames Names { get; init; } = ColumnNames.None;

    /// <summary>Whether the first row of new data names its columns. Default: auto.</summary>
    public CsvHeader Header { get; init; }

    /// <summary>
    /// The label's column in the training data: <c>first</c>, <c>last</c> or a name. New data has it in the same place, where it has
    /// one. Default: last.
    /// </summary>
    public string Label { get; init; } = "last";
}
