using Backprop.Shared.Primitives;

namespace Backprop.Shared.Data.Files;

/// <summary>Values of which it is not known how many come.</summary>
/// <param name="what">Whose values they are, for the message where they are too many.</param>
internal sealed class FloatList(string what)
{
    private float[] _values = [];
    private int _count;

    /// <summary>Takes one more value.</summary>
    public void Add(float value)
    {
        if (_count < _values.Length)
        {
            _values[_count++] = value;
        }
        else
        {
            Add(1)[0] = value;
        }
    }

    /// <summary>Makes room for some more values.</summary>
    /// <returns>Where they go; to be filled before the next call.</returns>
    public Span<float> Add(int count)
    {
        var needed = (long)_count + count;
        if (needed > _values.Length)
        {
            // Half as much again, but never more than fits: the last growth must not be refused for its slack alone.
            Bytes.Require(what, needed);
            var grown = Math.Min(Math.Max(needed, _values.Length + (_values.Length / 2L)), Array.MaxLength);
            Array.Resize(ref _values, (int)Math.Max(grown, Math.Min(4096, Array.MaxLength)));
        }

        _count += count;
        return _values.AsSpan(_count - count, count);
    }

    /// <summary>The values so far, in an array of their own length.</summary>
    public float[] ToArray()
    {
        Array.Resize(ref _values, _count);
        return _values;
    }
}
