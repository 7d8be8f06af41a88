namespace Backprop.Shared.Gradients;

/// <summary>
/// The shards under one node of the reduction tree: <see cref="Count"/> is a power of two and <see cref="First"/> a multiple of it. A
/// span is the unit that is given to a worker and answered with one gradient.
/// </summary>
/// <param name="First">The first shard.</param>
/// <param name="Count">How many shards.</param>
public readonly record struct ShardSpan(int First, int Count)
{
    /// <summary>One past the last shard.</summary>
    public int End => First + Count;

    /// <summary>The node's left child.</summary>
    public ShardSpan Left => new(First, Count / 2);

    /// <summary>The node's right child.</summary>
    public ShardSpan Right => new(First + (Count / 2), Count / 2);

    /// <summary>True where both have a shard in common.</summary>
    public bool Overlaps(ShardSpan other) => First < other.End && other.First < End;

    /// <summary>The shards in words; what a record writes by itself would descend into the children without end.</summary>
    public override string ToString() => $"{First}+{Count}";

    /// <summary>
    /// The place in a batch where a shard begins: ⌊shard · batch / shards⌋. Shard <paramref name="shards"/> begins at the batch's end.
    /// </summary>
    public static int PlaceOf(int shard, int shards, int batch) => (int)((long)shard * batch / shards);
}
