using Backprop.Shared.Gradients;
using Backprop.Shared.Models;

namespace Backprop.Worker.Training;

/// <summary>
/// Folds the slots' gradient vectors into the first, by the reduction tree; the blocks are shared among the slots. Parameters whose
/// gradient the slots computed together are complete already.
/// </summary>
internal sealed class LeafFold(ParameterLayout layout, int shards, int slots)
{
    private readonly CommitBlocks _blocks = new(layout);
    private readonly float[][] _scratch =
        [.. Enumerable.Range(0, slots).Select(_ => new float[ReductionTree.StackDepth(shards) * Partition.BlockElements])];

    /// <summary>A slot's share; all slots call it between two barriers.</summary>
    /// <param name="leaves">The vectors in ascending order of their spans; the first receives the sum.</param>
    /// <param name="folds">The program that folds them.</param>
    /// <param name="complete">Which parameters are complete in the first.</param>
    public void Run(int slot, ReadOnlySpan<Memory<float>> leaves, ReadOnlySpan<int> folds, ReadOnlySpan<bool> complete)
    {
        var end = _blocks.PartStart(slot + 1, _scratch.Length);
        for (var i = _blocks.PartStart(slot, _scratch.Length); i < end; i++)
        {
            var block = _blocks[i];
            if (!complete[block.Parameter])
            {
                BlockFold.Run(leaves, folds, block.Start, block.Length, _scratch[slot]);
            }
        }
    }
}
