using Backprop.Shared.Gradients;
using Backprop.Tests.Shared;

namespace Backprop.Tests.Worker.Training;

/// <summary>
/// A worker in a process of its own computes a span at a time: the bits are those of its shards alone, folded by the tree.
/// </summary>
public sealed class SpanStepTests
{
    private static readonly ShardSpan[] Nodes =
        [.. from count in new[] { 1, 2, 4, 8 } from i in Enumerable.Range(0, 8 / count) select new ShardSpan(i * count, count)];

    [Theory]
    [InlineData(64)]
    [InlineData(13)]
    [InlineData(5)]
    public void ASpanHasTheBitsOfItsShardsFolded_WhateverTheSlotsAndTheSplit(int batch)
    {
        using var alone = new SpanScene(batch, 1, long.MaxValue);
        foreach (var step in new[] { 0, 4 })
        {
            var shards = Enumerable.Range(0, SpanScene.Shards).Select(shard => ShardAlone(alone, batch, shard, step)).ToArray();
            foreach (var (slots, splitFrom) in from s in new[] { 1, 2, 3 } from l in new[] { 0L, 200L, long.MaxValue } select (s, l))
            {
                using var scene = new SpanScene(batch, slots, splitFrom);
                foreach (var span in Nodes)
                {
                    if (Fold(shards, span) is { } expected)
                    {
                        var (gradient, loss) = scene.Compute(span, step, null)!.Value;
                        Bits.ShouldBeSame(gradient, expected.Gradient);
                        loss.ShouldBe(expected.Loss);
                    }
                }
            }
        }
    }

    [Fact]
    public void OneSlotGivesOutItsGradientLayerByLayer_SeveralWhatTheyComputeTogether()
    {
        var starts = Starts(1, long.MaxValue);
        starts.Distinct().Count().ShouldBe(4);

        using var small = new SpanScene(16, 1, 0);
        var layout = small.Model.Layout;
        Starts(2, 0).ShouldContain(layout.Parameters[4].Start);
        Starts(2, long.MaxValue).Distinct().ShouldBe([layout.Length, 0]);

        static List<int> Starts(int slots, long splitFrom)
        {
            SpanScene.Watcher? watcher = null;
            using var scene = new SpanScene(16, slots, splitFrom);
            scene.Compute(new ShardSpan(0, 8), 0, (s, step, arriving) => watcher = new SpanScene.Watcher(s, step, arriving));
            return watcher!.Starts;
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void AnAbandonedPassEndsForAllSlots_AndTheNextOneIsWhole(int slots)
    {
        foreach (var splitFrom in new[] { 0L, 200L, long.MaxValue })
        {
            using var scene = new SpanScene(16, slots, splitFrom);
            var expected = scene.Compute(new ShardSpan(4, 4), 1, null)!.Value;
            for (var patience = 0; patience < 6; patience++)
            {
                var calls = patience;
                var whole = new ShardSpan(0, 8);
                scene.Compute(whole, 0, (s, step, arriving) => new SpanScene.Watcher(s, step, arriving, calls)).ShouldBeNull();
            }

            Bits.ShouldBeSame(scene.Compute(new ShardSpan(4, 4), 1, null)!.Value.Gradient, expected.Gradient);
        }
    }

    private static (float[] Gradient, double Loss)? ShardAlone(SpanScene scene, int batch, int shard, int step)
    {
        var rows = ShardSpan.PlaceOf(shard + 1, SpanScene.Shards, batch) - ShardSpan.PlaceOf(shard, SpanScene.Shards, batch);
        return rows == 0 ? null : scene.Compute(new ShardSpan(shard, 1), step, null);
    }

    private static (float[] Gradient, double Loss)? Fold((float[] Gradient, double Loss)?[] shards, ShardSpan node)
    {
        if (node.Count == 1)
        {
            return shards[node.First];
        }

        var (left, right) = (Fold(shards, node.Left), Fold(shards, node.Right));
        return left is { } l && right is { } r
            ? (l.Gradient.Zip(r.Gradient, (x, y) => x + y).ToArray(), l.Loss + r.Loss)
            : left ?? right;
    }
}
