using Backprop.Shared.Gradients;
using Backprop.Shared.Kernels.Products;

namespace Backprop.Worker.Training;

/// <summary>One span of a step: its rows, how they are cut into shards, and where its gradient goes.</summary>
/// <param name="Slot">Who computes it.</param>
/// <param name="Span">The shards.</param>
/// <param name="Leaf">The gradient vector that receives its sum: its place among all spans that have samples.</param>
/// <param name="Row">The first row, counted from the root's first.</param>
/// <param name="Rows">How many rows.</param>
/// <param name="Shards">The shards that have samples, folded to the span's node.</param>
internal readonly record struct SlotSpan(int Slot, ShardSpan Span, int Leaf, int Row, int Rows, Segments Shards);

/// <summary>
/// Who computes which rows of a step, worked out once for a batch size and an assignment of spans, and used for every step that has them.
/// It is about the shards under one node of the tree, the root: all of a batch in one process, a worker's span in one of several.
/// </summary>
internal sealed class StepPlan
{
    private readonly SegmentTable _segments;
    private readonly SlotSpan[][] _bySlot;
    private readonly (int Row, int Rows)[][] _rowsBySlot;

    /// <param name="samples">Samples of the batch.</param>
    /// <param name="shards">Shards of a batch, the run's.</param>
    /// <param name="slots">How many slots there are.</param>
    /// <param name="assignments">Every span once, ascending; together they are the whole root.</param>
    /// <param name="root">The node that is computed; all shards if left out.</param>
    public StepPlan(int samples, int shards, int slots, ReadOnlySpan<(int Slot, ShardSpan Span)> assignments, ShardSpan? root = null)
    {
        (Samples, Shards) = (samples, shards);
        Root = root ?? new ShardSpan(0, shards);
        FirstPlace = ShardSpan.PlaceOf(Root.First, shards, samples);
        Rows = ShardSpan.PlaceOf(Root.End, shards, samples) - FirstPlace;
        _segments = new SegmentTable(2 * shards);
        Whole = Cut(Root);
        var work = new List<SlotSpan>();
        var leaves = new List<ShardSpan>();
        foreach (var (slot, span) in assignments)
        {
            var (row, end) = (ShardSpan.PlaceOf(span.First, shards, samples), ShardSpan.PlaceOf(span.End, shards, samples));
            if (end > row)
            {
                work.Add(new SlotSpan(slot, span, leaves.Count, row - FirstPlace, end - row, Cut(span)));
                leaves.Add(span);
            }
        }

        Spans = [.. work];
        LeafFolds = new int[leaves.Count];
        ReductionTree.Program(leaves.ToArray(), Root, LeafFolds);
        _bySlot = [.. Enumerable.Range(0, slots).Select(slot => work.Where(w => w.Slot == slot).ToArray())];
        _rowsBySlot = [.. _bySlot.Select(Merge)];
    }

    /// <summary>Samples of the batch.</summary>
    public int Samples { get; }

    /// <summary>Shards of a batch.</summary>
    public int Shards { get; }

    /// <summary>The node that is computed.</summary>
    public ShardSpan Root { get; }

    /// <summary>The place in the batch of row 0.</summary>
    public int FirstPlace { get; }

    /// <summary>How many rows the root has.</summary>
    public int Rows { get; }

    /// <summary>Every span that has samples, ascending; its place is its leaf. An array, because a step walks it.</summary>
    public SlotSpan[] Spans { get; }

    /// <summary>The program that folds the spans' gradients to the root's.</summary>
    public int[] LeafFolds { get; }

    /// <summary>All shards that have samples, folded to the root's sum.</summary>
    public Segments Whole { get; }

    /// <summary>The spans of a slot.</summary>
    public ReadOnlySpan<SlotSpan> SpansOf(int slot) => _bySlot[slot];

    /// <summary>The rows of a slot, in as few ranges as there can be.</summary>
    public ReadOnlySpan<(int Row, int Rows)> RowsOf(int slot) => _rowsBySlot[slot];

    /// <summary>A plan for one node, cut evenly among the slots into as few nodes as there can be.</summary>
    public static StepPlan ForSpan(int samples, int shards, int slots, ShardSpan root)
    {
        var assignments = new List<(int, ShardSpan)>();
        for (var slot = 0; slot < slots; slot++)
        {
            var end = root.First + ShardSpan.PlaceOf(slot + 1, slots, root.Count);
            for (var first = root.First + ShardSpan.PlaceOf(slot, slots, root.Count); first < end;)
            {
                // The largest node that begins here and does not go too far. Counts are powers of two, and so is the root's.
                var count = first == 0 ? root.Count : Math.Min(root.Count, first & -first);
                while (first + count > end)
                {
                    count /= 2;
                }

                assignments.Add((slot, new ShardSpan(first, count)));
                first += count;
            }
        }

        return new StepPlan(samples, shards, slots, assignments.ToArray(), root);
    }

    /// <summary>True where this plan serves another step of the same root.</summary>
    public bool Serves(int samples, ReadOnlySpan<(int Slot, ShardSpan Span)> assignments)
    {
        if (samples != Samples)
        {
            return false;
        }

        var next = 0;
        foreach (var (slot, span) in assignments)
        {
            if (ShardSpan.PlaceOf(span.End, Shards, samples) == ShardSpan.PlaceOf(span.First, Shards, samples))
            {
                continue;
            }

            if (next == Spans.Length || Spans[next].Slot != slot || Spans[next].Span != span)
            {
                return false;
            }

            next++;
        }

        return next == Spans.Length;
    }

    private Segments Cut(ShardSpan node)
    {
        var shards = new List<ShardSpan>();
        var lengths = new List<int>();
        for (var shard = node.First; shard < node.End; shard++)
        {
            var rows = ShardSpan.PlaceOf(shard + 1, Shards, Samples) - ShardSpan.PlaceOf(shard, Shards, Samples);
            if (rows > 0)
            {
                lengths.Add(rows);
                shards.Add(new ShardSpan(shard, 1));
            }
        }

        var folds = new int[shards.Count];
        ReductionTree.Program(shards.ToArray(), node, folds);
        return _segments.Add(lengths.ToArray(), folds);
    }

    private static (int Row, int Rows)[] Merge(SlotSpan[] spans)
    {
        var ranges = new List<(int Row, int Rows)>();
        foreach (var span in spans)
        {
            if (ranges.Count > 0 && ranges[^1].Row + ranges[^1].Rows == span.Row)
            {
                ranges[^1] = (ranges[^1].Row, ranges[^1].Rows + span.Rows);
            }
            else
            {
                ranges.Add((span.Row, span.Rows));
            }
        }

        return [.. ranges];
    }
}
