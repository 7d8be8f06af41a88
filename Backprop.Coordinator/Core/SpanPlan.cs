using Backprop.Shared.Gradients;

namespace Backprop.Coordinator.Core;

/// <summary>A span and the index, among all members, of the worker that is to have it.</summary>
internal readonly record struct PlannedSpan(int Owner, ShardSpan Span);

/// <summary>
/// How shards become spans: each worker gets a contiguous range, and a range is cut into the fewest nodes of the reduction tree, because
/// each node costs one gradient to send. Pure, and without meaning for the result.
/// </summary>
internal static class SpanPlan
{
    /// <summary>The shard is empty and may be in anybody's span.</summary>
    public const int Anybody = -1;

    /// <summary>The shard is not to be given: it is answered, or somebody has it.</summary>
    public const int Nobody = -2;

    /// <summary>The shard is to be given, and nobody has been chosen yet.</summary>
    public const int Free = -3;

    private const int Mixed = -4;

    /// <summary>Cuts the tree under a node into the largest spans that have one owner each.</summary>
    /// <param name="owners">For each shard its owner, <see cref="Anybody"/> or <see cref="Nobody"/>.</param>
    /// <param name="node">Where to begin.</param>
    /// <param name="plan">Receives the spans in ascending order; as long as <paramref name="owners"/>.</param>
    /// <param name="count">How many spans the plan has; counted on.</param>
    public static void Cut(ReadOnlySpan<int> owners, ShardSpan node, Span<PlannedSpan> plan, ref int count)
    {
        var owner = OwnerOf(owners.Slice(node.First, node.Count));
        if (owner >= 0)
        {
            plan[count++] = new PlannedSpan(owner, node);
        }
        else if (owner == Mixed)
        {
            Cut(owners, node.Left, plan, ref count);
            Cut(owners, node.Right, plan, ref count);
        }
    }

    private static int OwnerOf(ReadOnlySpan<int> owners)
    {
        var found = Anybody;
        foreach (var owner in owners)
        {
            if (owner == Anybody || owner == found)
            {
                continue;
            }

            if (found != Anybody)
            {
                return Mixed;
            }

            found = owner;
        }

        return found;
    }
}
