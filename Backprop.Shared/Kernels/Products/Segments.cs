namespace Backprop.Shared.Kernels.Products;

/// <summary>
/// How the k of a product is cut: each segment is a chain of its own, and the chains are folded by the reduction tree. A forward product is
/// one segment; a weight gradient has one for each shard. <see cref="Folds"/> is what <see cref="Gradients.ReductionTree.Program"/> gives.
/// </summary>
/// <param name="lengths">The length of each segment, in ascending order of k; each at least 1.</param>
/// <param name="folds">How often the two topmost chains are added after each segment.</param>
internal readonly unsafe struct Segments(int* lengths, int* folds, int count)
{
    public int* Lengths { get; } = lengths;

    public int* Folds { get; } = folds;

    public int Count { get; } = count;

    /// <summary>The length of each segment.</summary>
    public ReadOnlySpan<int> AllLengths => new(Lengths, Count);

    /// <summary>The program that folds the segments.</summary>
    public ReadOnlySpan<int> AllFolds => new(Folds, Count);
}
