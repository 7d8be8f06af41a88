using Backprop.Shared.Primitives;

namespace Backprop.Shared.Data.Files;

/// <summary>
/// Cuts a CSV file into cells (RFC 4180): commas, lines ended by LF, CRLF or CR, cells in double quotes with doubled quotes inside.
/// Empty lines are skipped, as is a UTF-8 byte order mark. It knows the line of every cell and never holds more than one.
/// </summary>
internal sealed class CsvScanner
{
    /// <summary>A longer cell is refused: the file is no table of numbers, or a quote is never closed.</summary>
    public const int CellBytesMax = 64 << 10;

    private readonly DataFile _file;
    private readonly byte[] _buffer = new byte[2 * CellBytesMax];
    private int _cell;
    private int _cellEnd;
    private int _next;
    private int _end;
    private bool _started;
    private int _newLines;

    public CsvScanner(DataFile file)
    {
        _file = file;
        CsvText.RefuseForeign(file, Peek());
        if (_buffer.AsSpan(0, _end).StartsWith("\uFEFF"u8))
        {
            _next = 3;
        }
    }

    /// <summary>The cell that was read last, without its quotes.</summary>
    public ReadOnlySpan<byte> Cell => _buffer.AsSpan(_cell, _cellEnd - _cell);

    /// <summary>The line on which the cell begins, from 1.</summary>
    public int Line { get; private set; } = 1;

    /// <summary>The cell's place in its row, from 0.</summary>
    public int Column { get; private set; } = -1;

    /// <summary>Whether the cell is the last one of its row.</summary>
    public bool EndsRow { get; private set; } = true;

    /// <summary>Goes to the next cell.</summary>
    /// <returns>False at the end of the file.</returns>
    public bool Read()
    {
        Line += _newLines;
        _newLines = 0;
        _cell = _cellEnd = _next;
        if (EndsRow && !ToNextRow())
        {
            return false;
        }

        Column = EndsRow ? 0 : Column + 1;
        _cell = _cellEnd = _next;
        if (Has(0) && _buffer[_next] == '"')
        {
            ReadQuoted();
        }
        else
        {
            while (Has(0) && _buffer[_next] is not ((byte)',' or (byte)'\n' or (byte)'\r'))
            {
                _next++;
            }

            _cellEnd = _next;
        }

        EndCell();
        return true;
    }

    private bool ToNextRow()
    {
        while (Has(0))
        {
            if (!TakeNewLine())
            {
                return true;
            }

            Line += _newLines;
            _newLines = 0;
            _cell = _cellEnd = _next;
        }

        return false;
    }

    private void ReadQuoted()
    {
        _next++;
        while (true)
        {
            if (!Has(0))
            {
                throw Fault("the quoted cell is never closed; add the missing double quote");
            }

            var value = _buffer[_next];
            if (value == '"')
            {
                if (!Has(1) || _buffer[_next + 1] != '"')
                {
                    _next++;
                    return;
                }

                _next++;
            }
            else if (value is (byte)'\n' or (byte)'\r')
            {
                // A line break inside quotes belongs to the cell, and is kept as one LF.
                TakeNewLine();
                _buffer[_cellEnd++] = (byte)'\n';
                continue;
            }

            _buffer[_cellEnd++] = value;
            _next++;
        }
    }

    private void EndCell()
    {
        EndsRow = true;
        if (Has(0) && !TakeNewLine())
        {
            EndsRow = false;
            if (_buffer[_next++] != ',')
            {
                throw Fault("there is text behind the closing quote; put a comma between, or double the quotes inside the cell");
            }
        }
    }

    private bool TakeNewLine()
    {
        if (_buffer[_next] is not ((byte)'\n' or (byte)'\r'))
        {
            return false;
        }

        _next += _buffer[_next] == '\r' && Has(1) && _buffer[_next + 1] == '\n' ? 2 : 1;
        _newLines++;
        return true;
    }

    /// <summary>Whether there is a byte so far ahead; reads on where needed, which moves the cell to the front.</summary>
    private bool Has(int ahead)
    {
        return _next + ahead < _end || More(ahead);
    }

    private bool More(int ahead)
    {
        while (_next + ahead >= _end)
        {
            if (_end - _cell > CellBytesMax)
            {
                throw Fault($"the cell is longer than {Bytes.Text(CellBytesMax)}; is this a table of numbers, with every quote closed?");
            }

            _buffer.AsSpan(_cell, _end - _cell).CopyTo(_buffer);
            (_cellEnd, _next, _end, _cell) = (_cellEnd - _cell, _next - _cell, _end - _cell, 0);
            var read = _file.Read(_buffer.AsSpan(_end));
            if (read == 0)
            {
                return false;
            }

            _end += read;
        }

        return true;
    }

    private ReadOnlySpan<byte> Peek()
    {
        if (!_started)
        {
            _started = true;
            _end = _file.ReadAll(_buffer.AsSpan(0, CellBytesMax));
        }

        return _buffer.AsSpan(0, _end);
    }

    private UserException Fault(string what) => CsvText.Fault(_file, Line, Column, null, what);
}
