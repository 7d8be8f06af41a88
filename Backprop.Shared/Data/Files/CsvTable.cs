using Backprop.Shared.Primitives;
using Backprop.Shared.Tensors;

namespace Backprop.Shared.Data.Files;

/// <summary>Reads the samples of a CSV file.</summary>
internal sealed class CsvTable
{
    private readonly DataFile _file;
    private readonly CsvColumns _columns;
    private readonly CsvWanted _wanted;
    private readonly int _firstLine;
    private readonly FloatList _inputs;
    private readonly FloatList _targets;
    private readonly float[] _targetRow;
    private readonly CsvLabels _labels;

    private CsvTable(DataFile file, CsvColumns columns, CsvWanted wanted, int firstLine)
    {
        _file = file;
        _columns = columns;
        _wanted = wanted;
        _firstLine = firstLine;
        _inputs = new FloatList(file.Path);
        _targets = new FloatList(file.Path);
        _targetRow = new float[columns.Targets];
        _labels = new CsvLabels(file, columns);
    }

    /// <summary>Reads a whole file.</summary>
    public static DataSet Read(DataFile file, CsvWanted wanted)
    {
        try
        {
            return ReadRows(file, wanted);
        }
        catch (UserException) when (file.IsPacked)
        {
            // What comes out of a gzip file that was cut off ends in nonsense: the cut is what should be said, not which cell looks odd.
            file.ReadToEnd();
            throw;
        }
    }

    private static DataSet ReadRows(DataFile file, CsvWanted wanted)
    {
        var scanner = new CsvScanner(file);
        var first = CsvRow.Read(file, scanner) ?? throw file.Fault("is empty; it needs a row for each sample");
        var second = CsvRow.Read(file, scanner);
        var header = wanted.HasHeader(first, second);
        var columns = CsvColumns.Assign(file, first.Count, header ? first.Names() : null, wanted);
        var table = new CsvTable(file, columns, wanted, first.LineOf(0));
        if (!header)
        {
            table.Add(first);
        }

        if (second is not null)
        {
            table.Add(second);
            while (scanner.Read())
            {
                table.Add(scanner.Cell, scanner.Line, scanner.Column, scanner.EndsRow);
            }
        }
        else if (header)
        {
            throw file.Fault("has a header but no rows; it needs a row for each sample");
        }

        return table.ToDataSet();
    }

    private void Add(CsvRow row)
    {
        for (var column = 0; column < row.Count; column++)
        {
            Add(row[column], row.LineOf(column), column, column == row.Count - 1);
        }
    }

    private void Add(ReadOnlySpan<byte> cell, int line, int column, bool endsRow)
    {
        var roles = _columns.Roles;
        if (endsRow ? column != roles.Length - 1 : column >= roles.Length - 1)
        {
            throw Ragged(line, column, endsRow);
        }

        var role = roles[column];
        if (role >= 0)
        {
            _inputs.Add(Number(cell, line, column));
        }
        else if (role == CsvColumns.Label)
        {
            _labels.Add(cell, line);
        }
        else
        {
            _targetRow[-2 - role] = Number(cell, line, column);
        }

        if (endsRow)
        {
            _targetRow.CopyTo(_targets.Add(_targetRow.Length));
        }
    }

    private float Number(ReadOnlySpan<byte> cell, int line, int column)
    {
        if (!CsvText.TryNumber(cell, out var value) && !CsvText.TryNumber(CsvText.Trim(cell), out value))
        {
            throw Fault(line, column, NoNumber(cell, line));
        }

        return float.IsFinite(value)
            ? value
            : throw Fault(line, column, $"'{CsvText.Show(cell)}' is not finite in float32; put a number there or leave the row out");
    }

    private string NoNumber(ReadOnlySpan<byte> cell, int line)
    {
        if (CsvText.Trim(cell).IsEmpty)
        {
            return "the cell is empty; put a number there or leave the row out";
        }

        var hint = _columns.Roles.Length == 1 && cell.IndexOfAny((byte)';', (byte)'\t') >= 0 ? "put commas between the cells"
            : line == _firstLine && _wanted.Header == CsvHeader.False ? "correct it, or set header: true if this row names the columns"
            : "correct it or leave the row out";
        return $"'{CsvText.Show(cell)}' is not a number; {hint}";
    }

    private UserException Ragged(int line, int column, bool endsRow)
    {
        var columns = _columns.Roles.Length;
        var has = endsRow && column < columns ? $"ends after {column + 1} of" : "has more than";
        return Fault(line, column, $"the row {has} the {columns} columns that line {_firstLine} has; every row needs as many");
    }

    private DataSet ToDataSet()
    {
        var shape = new Shape(_columns.Inputs);
        if (_columns.LabelColumn >= 0)
        {
            var (labels, names) = _labels.Resolve(_wanted);
            return new DataSet(shape, _inputs.ToArray(), labels, names);
        }

        return _columns.Targets > 0
            ? new DataSet(shape, _inputs.ToArray(), _targets.ToArray(), _columns.Targets)
            : new DataSet(shape, _inputs.ToArray());
    }

    private UserException Fault(int line, int column, string what) => CsvText.Fault(_file, line, column, _columns.NameOf(column), what);
}
