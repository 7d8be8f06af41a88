namespace Backprop.Shared.Data.Files;

/// <summary>Finds out whether a column does nothing but count the rows, from 0 or 1, as the index of a data frame does.</summary>
internal struct RowCount
{
    /// <summary>Fewer rows than this are counted by chance, or on purpose.</summary>
    private const int FewestRows = 10;

    private long _rows;
    private float _first;
    private bool _differs;

    /// <summary>True where all values counted, and there were enough of them.</summary>
    public readonly bool Counts => _rows >= FewestRows && !_differs;

    /// <summary>The next row's value.</summary>
    public void Add(float value)
    {
        _first = _rows == 0 ? value : _first;
        _differs |= _first is not (0 or 1) || value != _first + _rows;
        _rows++;
    }
}
