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
    private readonly DataNotes _notes;
    private RowCount _firstColumn;

    private CsvTable(DataFile file, CsvColumns columns, CsvWanted wanted, int firstLine, DataNotes notes)
    {
        _notes = notes;
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
    /// <param name="file">The file, at its start.</param>
    /// <param name="wanted">What is asked of it.</param>
    /// <param name="notes">Told how it was read.</param>
    public static DataSet Read(DataFile file, CsvWanted wanted, DataNotes notes)
    {
        try
        {
            return ReadRows(file, wanted, notes);
        }
        catch (UserException) when (file.IsPacked)
        {
            // What comes out of a gzip file that was cut off ends in nonsense: the cut is what should be said, not which cell looks odd.
            file.ReadToEnd();
            throw;
        }
    }

    private static DataSet ReadRows(DataFile file, CsvWanted wanted, DataNotes notes)
    {
        var (first, second) = Begin(file);
        var header = wanted.HasHeader(file, first, second);
        var columns = CsvColumns.Assign(file, first.Count, header ? first.Names() : null, wanted, notes);
        if (wanted.Header == CsvHeader.Auto)
        {
            notes.Say($"{file.Path}: line {first.Line} {(header ? "names the columns" : "is a sample, there is no header")}");
        }

        if (header && second is null)
        {
            throw file.Fault("has a header but no rows; it needs a row for each sample");
        }

        var table = new CsvTable(file, columns, wanted, first.Line, notes);
        using var rows = new CsvRows(file);
        while (rows.Read())
        {
            if (!header)
            {
                table.Add(rows);
            }

            header = false;
        }

        return table.ToDataSet();
    }

    /// <summary>The first two rows, by which it is judged what the file is; it is then read from its start again.</summary>
    private static (CsvRow First, CsvRow? Second) Begin(DataFile file)
    {
        using var rows = new CsvRows(file);
        var first = rows.Read() ? CsvRow.Of(rows) : throw file.Fault("is empty; it needs a row for each sample");
        var second = rows.Read() ? CsvRow.Of(rows) : null;
        file.Rewind();
        return (first, second);
    }

    private void Add(CsvRows rows)
    {
        var roles = _columns.Roles;
        if (rows.Count != roles.Length)
        {
            throw Ragged(rows);
        }

        var inputs = _inputs.Add(_columns.Inputs);
        for (var column = 0; column < roles.Length; column++)
        {
            var cell = rows[column];
            var role = roles[column];
            if (role >= 0)
            {
                inputs[role] = Number(rows, cell, column);
            }
            else if (role == CsvColumns.Label)
            {
                _labels.Add(rows, cell);
            }
            else if (role != CsvColumns.Unused)
            {
                _targetRow[-2 - role] = Number(rows, cell, column);
            }
        }

        if (roles[0] >= 0)
        {
            _firstColumn.Add(inputs[roles[0]]);
        }

        _targetRow.CopyTo(_targets.Add(_targetRow.Length));
    }

    private float Number(CsvRows rows, ReadOnlySpan<byte> cell, int column)
    {
        if (!CsvText.TryNumber(cell, out var value) && !CsvText.TryNumber(CsvText.Trim(cell), out value))
        {
            throw Fault(rows, column, NoNumber(cell, rows.Line));
        }

        return float.IsFinite(value)
            ? value
            : throw Fault(rows, column, $"'{CsvText.Show(cell)}' is not finite in float32; put a number there or leave the row out");
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

    private UserException Ragged(CsvRows rows)
    {
        var columns = _columns.Roles.Length;
        var has = rows.Count < columns ? $"ends after {rows.Count} of" : "has more than";
        var column = Math.Min(rows.Count, columns) - 1;
        return Fault(rows, column, $"the row {has} the {columns} columns that line {_firstLine} has; every row needs as many");
    }

    private DataSet ToDataSet()
    {
        DoubtTheFirstColumn();
        var shape = new Shape(_columns.Inputs);
        if (_columns.LabelColumn >= 0)
        {
            var (labels, names) = _labels.Resolve(_wanted);
            return new DataSet(shape, _inputs.ToArray(), labels, names) { Names = _columns.Names };
        }

        return _columns.Targets > 0
            ? new DataSet(shape, _inputs.ToArray(), _targets.ToArray(), _columns.Targets) { Names = _columns.Names }
            : new DataSet(shape, _inputs.ToArray()) { Names = _columns.Names };
    }

    /// <summary>A data frame written with its index has a first column that is no input.</summary>
    private void DoubtTheFirstColumn()
    {
        var counts = _firstColumn.Counts;
        if (_columns.Roles[0] < 0 || _columns.Inputs == 1 || _wanted.Form is not null || (!counts && _columns.NameOf(0) is not ""))
        {
            return;
        }

        var looks = _columns.NameOf(0) is "" ? $"has no name{(counts ? " and counts the rows" : "")}" : "counts the rows";
        _notes.Doubt($"{_file.Path}: the first column {looks}; it is taken as an input, so leave it out if it is an index");
    }

    private UserException Fault(CsvRows rows, int column, string what) =>
        CsvText.Fault(_file, rows.LineOf(column), column, _columns.NameOf(column), what);
}
