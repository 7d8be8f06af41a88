using System.Numerics;

namespace Backprop.Shared.Gradients;

/// <summary>
/// An evaluation's means from the sums of its blocks of 64 rows, by a balanced tree over the blocks: the same for whoever computed them.
/// Knows no model.
/// </summary>
internal sealed class EvaluationFold
{
    /// <summary>Rows of a block: part of the contract.</summary>
    public const int BlockRows = 64;

    private readonly double[] _sums;
    private readonly double[] _folded;
    private readonly int[] _folds;
    private readonly int _samples;

    /// <param name="samples">Samples of the set, at least 1.</param>
    /// <param name="metrics">How many metrics there are beside the loss.</param>
    public EvaluationFold(int samples, int metrics)
    {
        (_samples, Width, Blocks) = (samples, metrics + 1, BlocksOf(samples));

        // Pinned, because a worker in a process of its own sends from it and its coordinator receives into it.
        _sums = GC.AllocateArray<double>(Blocks * Width, pinned: true);
        _folded = new double[Blocks];
        _folds = new int[Blocks];
        var root = new ShardSpan(0, (int)BitOperations.RoundUpToPowerOf2((uint)Blocks));
        ReductionTree.Program([.. Enumerable.Range(0, Blocks).Select(b => new ShardSpan(b, 1))], root, _folds);
    }

    /// <summary>How many blocks the set has.</summary>
    public int Blocks { get; }

    /// <summary>How many sums a block has: the loss, then each metric.</summary>
    public int Width { get; }

    /// <summary>How many blocks so many samples make.</summary>
    public static int BlocksOf(int samples) => (samples + BlockRows - 1) / BlockRows;

    /// <summary>Where the sums of some blocks belong: for each block the loss, then each metric. Memory that does not move.</summary>
    public Span<double> Sums(int first, int count) => _sums.AsSpan(first * Width, count * Width);

    /// <summary>The mean loss, then the mean of each metric, once all blocks' sums are there.</summary>
    public double[] Means()
    {
        var means = new double[Width];
        for (var sum = 0; sum < Width; sum++)
        {
            for (var block = 0; block < Blocks; block++)
            {
                _folded[block] = _sums[(block * Width) + sum];
            }

            means[sum] = ReductionTree.Fold(_folded, _folds) / _samples;
        }

        return means;
    }
}
