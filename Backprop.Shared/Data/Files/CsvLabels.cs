using System.Text;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Data.Files;

/// <summary>The label column of a CSV file: each distinct text is kept once, with the line where it came first.</summary>
internal sealed class CsvLabels(DataFile file, CsvColumns columns)
{
    private const int NameBytesMax = 256;
    private readonly List<int> _codes = [];
    private readonly List<string> _texts = [];
    private readonly List<int> _lines = [];
    private readonly Dictionary<string, int> _known = new(StringComparer.Ordinal);

    /// <summary>Takes a row's label.</summary>
    public void Add(CsvRows rows, ReadOnlySpan<byte> cell)
    {
        cell = CsvText.Trim(cell);
        if (cell.IsEmpty)
        {
            throw Fault(rows, "the label is empty; put a class there or leave the row out");
        }

        if (cell.Length > NameBytesMax)
        {
            throw Fault(rows, $"the label is longer than {NameBytesMax} bytes; is this the label's column?");
        }

        Span<char> text = stackalloc char[NameBytesMax];
        text = text[..Encoding.UTF8.GetChars(cell, text)];
        if (text.Contains('\uFFFD'))
        {
            throw Fault(rows, "the label is not UTF-8; save the file as UTF-8");
        }

        var lookup = _known.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!lookup.TryGetValue(text, out var code))
        {
            code = _texts.Count;
            lookup[text] = code;
            _texts.Add(text.ToString());
            _lines.Add(rows.LineOf(columns.LabelColumn));
            if (_texts.Count > ClassLabels.ClassesMax)
            {
                throw Fault(rows, $"there are more than {ClassLabels.ClassesMax} different labels; name the column in data.targets if " +
                    "it is a value to predict");
            }
        }

        _codes.Add(code);
    }

    /// <summary>Each row's class, and the classes' names.</summary>
    public (int[] Labels, IReadOnlyList<string> Names) Resolve(CsvWanted wanted)
    {
        var column = columns.LabelColumn;
        var found = new ClassLabels(_texts, index => CsvText.Where(file, _lines[index], column, columns.NameOf(column)), file.Path);
        var (classes, names) = found.Resolve(wanted.Classes, wanted.ClassNames);
        var labels = new int[_codes.Count];
        for (var row = 0; row < labels.Length; row++)
        {
            labels[row] = classes[_codes[row]];
        }

        return (labels, names);
    }

    private UserException Fault(CsvRows rows, string what) =>
        CsvText.Fault(file, rows.LineOf(columns.LabelColumn), columns.LabelColumn, columns.NameOf(columns.LabelColumn), what);
}
