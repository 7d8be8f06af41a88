using Backprop.Shared.Primitives;
using CsvHelper;

namespace Backprop.Shared.Data.Files;

/// <summary>
/// The rows of a CSV file, as the library reads them (RFC 4180): commas, lines ended by LF, CRLF or CR, cells in double quotes with
/// doubled quotes inside; empty lines are passed over, as is a UTF-8 byte order mark. Added here: what is malformed is refused with line
/// and column, and no row or cell takes memory without end. A quote in the middle of a cell that does not begin with one is text.
/// </summary>
internal sealed class CsvRows : IDisposable
{
    /// <summary>A longer cell is refused: the file is no table of numbers.</summary>
    public const int CellBytesMax = 64 << 10;

    private const int RowBytesMax = 64 << 20;
    private const int ColumnsMax = 1 << 20;

    private static readonly CsvReaderOptions Options = new()
    {
        HasHeader = false,
        Separator = ',',
        DetectSeparatorHint = false,
        TrackLineNumbers = true,
        MaxRecordSize = RowBytesMax,
    };

    private readonly DataFile _file;
    private readonly CsvReader _reader;
    private int _line;

    /// <param name="file">Read from its start; it stays the caller's.</param>
    public CsvRows(DataFile file)
    {
        _file = file;
        _reader = CsvReader.Create(new CsvBytes(file), Options);
    }

    /// <summary>How many cells the row has.</summary>
    public int Count => _reader.FieldCount;

    /// <summary>The line on which the row begins, from 1.</summary>
    public int Line => _line;

    /// <summary>The bytes of a cell, without its quotes. Valid until the next row.</summary>
    public ReadOnlySpan<byte> this[int column]
    {
        get
        {
            var raw = _reader.GetRawSpan(column);
            if (raw.Length > 0 && raw[0] == '"')
            {
                RequireClosed(raw, column);
            }

            var cell = _reader.GetSpan(column);
            return cell.Length <= CellBytesMax
                ? cell
                : throw Fault(column, $"the cell is longer than {Bytes.Text(CellBytesMax)}; is this a table of numbers?");
        }
    }

    /// <summary>Goes to the next row.</summary>
    /// <returns>False at the end of the file.</returns>
    public bool Read()
    {
        try
        {
            if (!_reader.Read())
            {
                return false;
            }
        }
        catch (CsvFormatException)
        {
            _line = Math.Max(_line, 1);
            throw TooLong();
        }

        _line = (int)Math.Min(_reader.LineNumber, int.MaxValue);
        return Count <= ColumnsMax ? true : throw TooLong();
    }

    /// <summary>The line on which a cell begins: quoted cells before it may have line breaks.</summary>
    public int LineOf(int column)
    {
        var line = _line;
        for (var before = 0; before < Math.Min(column, Count); before++)
        {
            line += LineBreaks(_reader.GetRawSpan(before));
        }

        return line;
    }

    /// <summary>Whether a cell stands in quotes.</summary>
    public bool IsQuoted(int column) => _reader.GetRawSpan(column) is [(byte)'"', ..];

    public void Dispose() => _reader.Dispose();

    private static int LineBreaks(ReadOnlySpan<byte> raw)
    {
        var count = raw.Count((byte)'\n');
        for (var i = 0; i < raw.Length; i++)
        {
            count += raw[i] == '\r' && (i + 1 == raw.Length || raw[i + 1] != '\n') ? 1 : 0;
        }

        return count;
    }

    /// <summary>A cell that begins with a quote ends with one, and those between are doubled.</summary>
    private void RequireClosed(ReadOnlySpan<byte> raw, int column)
    {
        var rest = raw[1..];
        while (rest.IndexOf((byte)'"') is var quote and >= 0)
        {
            if (quote == rest.Length - 1)
            {
                return;
            }

            if (rest[quote + 1] != '"')
            {
                throw Fault(
                    column, "there is text behind the closing quote; put a comma between, or double the quotes inside the cell");
            }

            rest = rest[(quote + 2)..];
        }

        throw Fault(column, "the quoted cell is never closed; add the missing double quote");
    }

    private UserException TooLong() => CsvText.Fault(
        _file,
        _line,
        0,
        null,
        $"a row here has more than {ColumnsMax} columns or {Bytes.Text(RowBytesMax)}; is this a table with one sample a line, and is "
        + "every quote closed?");

    private UserException Fault(int column, string what) => CsvText.Fault(_file, LineOf(column), column, null, what);

    /// <summary>The file as the library wants it. What cannot be text is refused by its first block.</summary>
    private sealed class CsvBytes(DataFile file) : ReadOnlyStream
    {
        private const int FirstBlock = 64 << 10;
        private byte[]? _first;
        private int _given;
        private int _length;

        public override int Read(Span<byte> buffer)
        {
            if (_first is null)
            {
                _first = new byte[FirstBlock];
                _length = file.ReadAll(_first);
                CsvText.RefuseForeign(file, _first.AsSpan(0, _length));
            }

            if (_given == _length)
            {
                return file.Read(buffer);
            }

            var count = Math.Min(buffer.Length, _length - _given);
            _first.AsSpan(_given, count).CopyTo(buffer);
            _given += count;
            return count;
        }
    }
}
