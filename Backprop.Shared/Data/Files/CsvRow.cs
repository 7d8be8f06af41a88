using System.Text;

namespace Backprop.Shared.Data.Files;

/// <summary>One row that is kept: the first two of a file are looked at before it is known whether one of them is a header.</summary>
internal sealed class CsvRow
{
    private const int ColumnsMax = 1 << 20;
    private const int RowBytesMax = 64 << 20;
    private readonly List<(byte[] Bytes, int Line)> _cells = [];

    /// <summary>How many cells.</summary>
    public int Count => _cells.Count;

    /// <summary>A cell's bytes.</summary>
    public ReadOnlySpan<byte> this[int column] => _cells[column].Bytes;

    /// <summary>Reads a row; null at the end of the file.</summary>
    public static CsvRow? Read(DataFile file, CsvScanner scanner)
    {
        var row = new CsvRow();
        var bytes = 0L;
        while (scanner.Read())
        {
            row._cells.Add((scanner.Cell.ToArray(), scanner.Line));
            bytes += scanner.Cell.Length;
            if (scanner.EndsRow)
            {
                return row;
            }

            if (row.Count >= ColumnsMax || bytes > RowBytesMax)
            {
                throw CsvText.Fault(file, scanner.Line, scanner.Column, null, $"the row has more than {ColumnsMax} columns or " +
                    $"{Bytes.Text(RowBytesMax)}; is this a table with one sample a line?");
            }
        }

        return null;
    }

    /// <summary>The line of a cell.</summary>
    public int LineOf(int column) => _cells[column].Line;

    /// <summary>Whether a cell is a number (an infinite one and NaN included).</summary>
    public bool IsNumber(int column) => CsvText.TryNumber(CsvText.Trim(this[column]), out _);

    /// <summary>The cells as names.</summary>
    public IReadOnlyList<string> Names() => [.. _cells.Select(cell => Encoding.UTF8.GetString(cell.Bytes).Trim())];
}
