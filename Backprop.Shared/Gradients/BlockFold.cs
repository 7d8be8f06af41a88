using System.Runtime.CompilerServices;
using Backprop.Shared.Kernels;

namespace Backprop.Shared.Gradients;

/// <summary>
/// Folds one block of every leaf up the reduction tree: node = left + right. The sum ends in the first leaf's own memory; the nodes
/// between live in scratch that stays in the cache, so every leaf is read once and only the first is written.
/// </summary>
internal static class BlockFold
{
    // A tree over 2^31 shards is 32 deep.
    private const int StackDepthMax = 32;

    /// <summary>Runs the program of <see cref="ReductionTree.Program"/> on one block.</summary>
    /// <param name="leaves">The leaves' flat vectors, at least one.</param>
    /// <param name="folds">The program: one count for each leaf.</param>
    /// <param name="start">Where the block begins.</param>
    /// <param name="length">How long it is.</param>
    /// <param name="scratch">A block for each level of the stack above the bottom.</param>
    public static void Run(ReadOnlySpan<Memory<float>> leaves, ReadOnlySpan<int> folds, int start, int length, Span<float> scratch)
    {
        // For each level: the leaf whose memory holds the value, or -1 where the level's scratch does.
        Span<int> holders = stackalloc int[StackDepthMax];
        var top = 0;
        for (var leaf = 0; leaf < leaves.Length; leaf++)
        {
            holders[top++] = leaf;
            for (var fold = folds[leaf]; fold > 0; fold--)
            {
                top--;
                var left = Held(leaves, holders, top - 1, start, length, scratch);
                var right = Held(leaves, holders, top, start, length, scratch);
                holders[top - 1] = top == 1 ? 0 : -1;
                Traversal.Binary(default(Sum), left, right, Held(leaves, holders, top - 1, start, length, scratch));
            }
        }
    }

    private static Span<float> Held(
        ReadOnlySpan<Memory<float>> leaves, ReadOnlySpan<int> holders, int level, int start, int length, Span<float> scratch) =>
        holders[level] >= 0
            ? leaves[holders[level]].Span.Slice(start, length)
            : scratch.Slice((level - 1) * Partition.BlockElements, length);

    private readonly struct Sum : IBinaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Apply<TWidth, TVector>(TVector x, TVector y)
            where TWidth : struct, IWidth<TVector>
            where TVector : struct =>
            TWidth.Add(x, y);
    }
}
