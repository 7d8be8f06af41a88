using Backprop.Shared.Models;

namespace Backprop.Shared.Gradients;

/// <summary>
/// All parameters cut into blocks of at most 4,096 elements, in exported order; none straddles two parameters. Norms are defined over
/// them, updates are swept over them, and threads are given parts of them.
/// </summary>
internal sealed class CommitBlocks
{
    private readonly Partition[] _blocks;
    private readonly long _length;

    public CommitBlocks(ParameterLayout layout)
    {
        var blocks = new List<Partition>();
        foreach (var parameter in layout.Parameters)
        {
            for (var done = 0; done < parameter.Length; done += Partition.BlockElements)
            {
                blocks.Add(new(parameter.Ordinal, parameter.Start + done, Math.Min(Partition.BlockElements, parameter.Length - done)));
            }
        }

        _blocks = [.. blocks];
        _length = layout.Length;
    }

    /// <summary>How many blocks.</summary>
    public int Count => _blocks.Length;

    /// <summary>A block, in exported order.</summary>
    public Partition this[int block] => _blocks[block];

    /// <summary>The first block that begins at an element of the flat vector or after it.</summary>
    public int FirstFrom(int element)
    {
        var (low, high) = (0, _blocks.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _blocks[middle].Start >= element ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    /// <summary>
    /// Where a part of the blocks begins; part <paramref name="parts"/> begins at the end. It is the first block whose middle is at or
    /// after the part's place in the flat vector, so the parts are about equal. Blocks begin at multiples of 64 bytes, so two parts
    /// have no cache line of a flat vector in common.
    /// </summary>
    public int PartStart(int part, int parts)
    {
        var (low, high) = (0, _blocks.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            var (_, start, length) = _blocks[middle];
            if ((start + (length / 2L)) * parts >= part * _length)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }
}
