namespace Backprop.Shared.Gradients;

/// <summary>
/// The fixed order of every sum over samples: a balanced binary tree over the shard index, where node = left + right and an empty side
/// leaves the other as it is. Written as a program for a stack, so that any kind of value can be folded without knowing the tree: push
/// each leaf in order, then fold the two topmost as often as the program says.
/// </summary>
public static class ReductionTree
{
    /// <summary>How often the two topmost values are folded after each leaf has been pushed. One value is left at the end.</summary>
    /// <param name="leaves">The nodes that have a value, in ascending order and disjoint; those missing are empty.</param>
    /// <param name="root">The node whose value is wanted.</param>
    /// <param name="folds">Receives one count for each leaf.</param>
    public static void Program(ReadOnlySpan<ShardSpan> leaves, ShardSpan root, Span<int> folds)
    {
        folds[..leaves.Length].Clear();
        var next = 0;
        Reduce(leaves, root, folds, ref next);
        if (next != leaves.Length)
        {
            throw new ArgumentException($"The span {leaves[next]} is no node under {root}, or overlaps the one before it.", nameof(leaves));
        }
    }

    /// <summary>The deepest stack that a program needs for a tree of so many shards, the leaf on top included.</summary>
    public static int StackDepth(int shards) => System.Numerics.BitOperations.Log2((uint)shards) + 1;

    /// <summary>Folds float64 sums (losses, metrics) up the tree, in place.</summary>
    /// <param name="values">One value for each leaf; overwritten.</param>
    /// <param name="folds">What <see cref="Program"/> gave for the leaves.</param>
    /// <returns>The root's value; 0 where there is no leaf.</returns>
    public static double Fold(Span<double> values, ReadOnlySpan<int> folds)
    {
        var top = 0;
        for (var leaf = 0; leaf < folds.Length; leaf++)
        {
            values[top++] = values[leaf];
            for (var fold = folds[leaf]; fold > 0; fold--)
            {
                top--;
                values[top - 1] += values[top];
            }
        }

        return top == 0 ? 0 : values[0];
    }

    private static bool Reduce(ReadOnlySpan<ShardSpan> leaves, ShardSpan node, Span<int> folds, ref int next)
    {
        if (next == leaves.Length || leaves[next].First >= node.End)
        {
            return false;
        }

        if (leaves[next] == node)
        {
            next++;
            return true;
        }

        if (node.Count == 1)
        {
            return false;
        }

        var left = Reduce(leaves, node.Left, folds, ref next);
        var right = Reduce(leaves, node.Right, folds, ref next);
        if (left && right)
        {
            folds[next - 1]++;
        }

        return left || right;
    }
}
