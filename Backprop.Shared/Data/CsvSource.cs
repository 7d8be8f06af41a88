using Backprop.Shared.Data.Files;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Data;

/// <summary>
/// A CSV file, gzip or not: one sample a row, in columns of numbers, with the class in one of them; or, for regression, with the columns
/// that the run file's <c>data.targets</c> names. Labels are whole numbers from 0, or names, whose ordinal order numbers them.
/// </summary>
[Kind("csv")]
public sealed record CsvSource : SourceSpec
{
    /// <summary>The file; relative paths start at the run file's folder.</summary>
    [FilePath]
    [PrimarySetting]
    public required string Path { get; init; }

    /// <summary>
    /// The column of the label: <c>last</c>, <c>first</c>, <c>none</c> or its name in the header. Default: last; none where the run file
    /// names targets.
    /// </summary>
    public string? Label { get; init; }

    /// <summary>Whether the first row names the columns. Default: auto.</summary>
    public CsvHeader Header { get; init; }

    /// <inheritdoc/>
    public override DataSet Load(in SourceContext context)
    {
        using var file = DataFile.Open(context.Resolve(Path));
        if (context.Targets.Count > 0 && Label is not (null or "none"))
        {
            throw file.Fault($"is given both label: {CsvText.Show(Label)} and data.targets; leave one of them out");
        }

        return CsvTable.Read(file, new CsvWanted
        {
            LabelGiven = Label,
            Header = Header,
            Targets = context.Targets,
            Classes = context.Classes,
            ClassNames = context.ClassNames,
            Known = context.IsTest ? context.Names : null,
        }, context.Notes);
    }
}
