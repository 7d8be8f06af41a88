using System.Text;

namespace Backprop.Shared.Data.Files;

/// <summary>A cell by its looks.</summary>
internal enum CsvCellKind
{
    /// <summary>A number (an infinite one included).</summary>
    Number,

    /// <summary>Nothing, or what stands for a missing value.</summary>
    Missing,

    /// <summary>Anything else.</summary>
    Word,
}

/// <summary>One of the first rows of a file, kept to find out whether it names the columns.</summary>
internal sealed class CsvRow
{
    private static readonly HashSet<string> MissingMarks = new(StringComparer.OrdinalIgnoreCase)
    {
        "", "?", "-", ".", "na", "n/a", "nan", "null", "none", "nil", "missing",
    };

    private readonly List<(byte[] Bytes, bool IsQuoted)> _cells = [];

    private CsvRow(int line) => Line = line;

    /// <summary>The line on which it begins.</summary>
    public int Line { get; }

    /// <summary>How many cells.</summary>
    public int Count => _cells.Count;

    /// <summary>Whether people write this where a value is missing.</summary>
    public static bool IsMissing(string text) => MissingMarks.Contains(text);

    /// <summary>Keeps the row that was read last.</summary>
    public static CsvRow Of(CsvRows rows)
    {
        var row = new CsvRow(rows.Line);
        for (var column = 0; column < rows.Count; column++)
        {
            row._cells.Add((rows[column].ToArray(), rows.IsQuoted(column)));
        }

        return row;
    }

    /// <summary>Whether the cell stands in quotes.</summary>
    public bool IsQuoted(int column) => _cells[column].IsQuoted;

    /// <summary>What a cell looks like.</summary>
    public CsvCellKind KindOf(int column) =>
        MissingMarks.Contains(TextOf(column)) ? CsvCellKind.Missing
        : NumberOf(column) is null ? CsvCellKind.Word
        : CsvCellKind.Number;

    /// <summary>A cell's number; null where it is none.</summary>
    public float? NumberOf(int column) => CsvText.TryNumber(CsvText.Trim(_cells[column].Bytes), out var number) ? number : null;

    /// <summary>The cells as names.</summary>
    public IReadOnlyList<string> Names() => [.. Enumerable.Range(0, Count).Select(TextOf)];

    private string TextOf(int column) => Encoding.UTF8.GetString(_cells[column].Bytes).Trim();
}
