using Backprop.Shared.Models;

namespace Backprop.Shared.Gradients;

/// <summary>
/// The flat parameter vector, gaps included, cut into contiguous ranges of about a megabyte, the units that travel: at least one, about
/// equal, each beginning where a block of <see cref="CommitBlocks"/> does. The same on both sides of a link. Without meaning for the
/// result.
/// </summary>
internal sealed class PartitionMap
{
    /// <summary>How long a range usually is at most, in elements.</summary>
    public const int UsualElements = 1 << 18;

    private readonly int[] _starts;

    /// <param name="layout">Where the parameters are.</param>
    /// <param name="usual">How long a range is at most, but for the rest of a block.</param>
    public PartitionMap(ParameterLayout layout, int usual = UsualElements)
    {
        var count = Math.Max(1, (layout.Length + usual - 1) / usual);
        var blocks = new CommitBlocks(layout);
        var starts = new List<int> { 0 };
        for (var i = 1; i < count; i++)
        {
            var block = blocks.PartStart(i, count);
            if (block < blocks.Count && blocks[block].Start > starts[^1])
            {
                starts.Add(blocks[block].Start);
            }
        }

        _starts = [.. starts];
        Length = layout.Length;
        LongestElements = Enumerable.Range(0, Count).Max(i => this[i].Length);
    }

    /// <summary>How many ranges there are.</summary>
    public int Count => _starts.Length;

    /// <summary>The length of the flat vector.</summary>
    public int Length { get; }

    /// <summary>The length of the longest range.</summary>
    public int LongestElements { get; }

    /// <summary>A range, in ascending order.</summary>
    public (int Start, int Length) this[int partition] =>
        (_starts[partition], (partition + 1 < _starts.Length ? _starts[partition + 1] : Length) - _starts[partition]);

    /// <summary>The range that an element is in.</summary>
    public int IndexOf(int element)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(element);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(element, Math.Max(1, Length));
        var found = Array.BinarySearch(_starts, element);
        return found >= 0 ? found : ~found - 1;
    }
}
