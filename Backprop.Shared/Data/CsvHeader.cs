namespace Backprop.Shared.Data;

/// <summary>Whether the first row of a CSV file names its columns.</summary>
public enum CsvHeader
{
    /// <summary>Where it is words; numbers are a sample. Where that is not sure, it is asked.</summary>
    Auto,

    /// <summary>It does.</summary>
    True,

    /// <summary>It is a sample.</summary>
    False,
}
