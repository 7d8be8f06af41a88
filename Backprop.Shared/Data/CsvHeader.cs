namespace Backprop.Shared.Data;

/// <summary>Whether the first row of a CSV file names its columns.</summary>
public enum CsvHeader
{
    /// <summary>Where a cell of it is no number; a label that is none counts only if the one below it is a number.</summary>
    Auto,

    /// <summary>It does.</summary>
    True,

    /// <summary>It is a sample.</summary>
    False,
}
