using Backprop.Shared.Gradients;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Primitives;
using Backprop.Tests.Shared.Optimizers;

namespace Backprop.Tests.Shared.Gradients;

public class CommitSweepTests
{
    private static readonly SgdOptimizer Sgd = new() { Rate = 0.1 };

    public static TheoryData<string, double?> KindsAndClips
    {
        get
        {
            var data = new TheoryData<string, double?>();
            foreach (var kind in Catalog<OptimizerSpec>.Kinds)
            {
                data.Add(kind, null);
                data.Add(kind, 1);
                data.Add(kind, 1e30);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(KindsAndClips))]
    public void TheSweepsGiveTheBitsOfThePlainAverageForAnyPartsAndLeaves(string kind, double? limit)
    {
        var optimizer = OptimizerRun.Create(kind, 0.01, weightDecay: 0.02);
        var clip = limit is { } norm ? new ClipSpec { Norm = norm } : null;
        for (var leaves = 1; leaves <= 5; leaves++)
        {
            foreach (var samples in new[] { 64, 100 })
            {
                var plain = new CommitScene(optimizer, clip, leaves);
                var norms = new[] { plain.CommitPlainly(plain.Leaves(0), samples, 0), plain.CommitPlainly(plain.Leaves(1), samples, 1) };
                foreach (var parts in new[] { 1, 2, 3, 5 })
                {
                    var swept = new CommitScene(optimizer, clip, leaves);
                    var sweep = swept.Sweep(parts);
                    for (var step = 0; step < 2; step++)
                    {
                        swept.Commit(sweep, swept.Leaves(step), parts, samples, step).ShouldBe((norms[step], true));
                    }

                    Bits.ShouldBeSame(swept.Weights, plain.Weights);
                    for (var vector = 0; vector < swept.State.Length; vector++)
                    {
                        Bits.ShouldBeSame(swept.State[vector].Span, plain.State[vector].Span);
                    }
                }
            }
        }
    }

    [Fact]
    public void TheFirstLeafReceivesTheTotalAndTheOthersStayAsTheyWere()
    {
        var scene = new CommitScene(Sgd, null, 5);
        var leaves = scene.Leaves(0);
        var total = PerSampleAverage.Fold(scene.Spans.Zip(scene.Leaves(0)).ToDictionary(), new(0, CommitScene.Shards))!;

        scene.Commit(scene.Sweep(2), leaves, 2, 10, 0);

        Bits.ShouldBeSame(leaves[0], total);
        for (var leaf = 1; leaf < leaves.Length; leaf++)
        {
            Bits.ShouldBeSame(leaves[leaf], scene.Leaves(0)[leaf]);
        }
    }

    [Fact]
    public void ParametersThatAreCompleteAreTakenFromTheFirstLeafAlone()
    {
        var (marked, folded) = (new CommitScene(Sgd, null, 3), new CommitScene(Sgd, null, 3));
        var (markedLeaves, foldedLeaves) = (marked.Leaves(0), marked.Leaves(0));
        bool[] complete = [true, false, false, false, false, true];
        foreach (var parameter in marked.Layout.Parameters.Where(parameter => complete[parameter.Ordinal]))
        {
            for (var leaf = 1; leaf < 3; leaf++)
            {
                markedLeaves[leaf].AsSpan(parameter.Start, parameter.Length).Fill(float.NaN);
                foldedLeaves[leaf].AsSpan(parameter.Start, parameter.Length).Clear();
            }
        }

        var markedResult = marked.Commit(marked.Sweep(2), markedLeaves, 2, 64, 0, complete);
        var foldedResult = folded.Commit(folded.Sweep(2), foldedLeaves, 2, 64, 0);

        markedResult.ShouldBe(foldedResult);
        Bits.ShouldBeSame(marked.Weights, folded.Weights);
    }

    [Fact]
    public void ThreeThreadsGiveTheBitsOfOne()
    {
        var adam = new AdamWOptimizer { Rate = 0.01 };
        var (alone, together) = (new CommitScene(adam, new() { Norm = 1 }, 4), new CommitScene(adam, new() { Norm = 1 }, 4));
        alone.Commit(alone.Sweep(1), alone.Leaves(0), 1, 60, 0);
        var sweep = together.Sweep(3);
        var leaves = Array.ConvertAll(together.Leaves(0), leaf => leaf.AsMemory());
        var norm = 0.0;
        using var barrier = new Barrier(3, _ => norm = sweep.Norm());
        var threads = Enumerable.Range(0, 3).Select(part => new Thread(() =>
        {
            sweep.Reduce(part, 3, leaves, together.Folds, [], 60);
            barrier.SignalAndWait();
            sweep.Update(part, 3, leaves[0], 60, norm, new(0, 0.01));
        })).ToArray();

        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());

        Bits.ShouldBeSame(together.Weights, alone.Weights);
        Bits.ShouldBeSame(together.State[1].Span, alone.State[1].Span);
    }

    [Fact]
    public void NothingIsAllocatedInAStep()
    {
        var scene = new CommitScene(new AdamOptimizer { Rate = 0.01, WeightDecay = 0.1 }, new() { Norm = 1 }, 5);
        var sweep = scene.Sweep(2);
        var leaves = Array.ConvertAll(scene.Leaves(0), leaf => leaf.AsMemory());
        long allocated = 0;

        for (var step = 0; step < 3; step++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            sweep.Reduce(0, 2, leaves, scene.Folds, [], 64);
            sweep.Reduce(1, 2, leaves, scene.Folds, [], 64);
            var norm = sweep.Norm();
            sweep.Update(0, 2, leaves[0], 64, norm, new(step, 0.01));
            sweep.Update(1, 2, leaves[0], 64, norm, new(step, 0.01));
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        allocated.ShouldBe(0);
    }

    [Fact]
    public void TheGapsBetweenParametersStayZero()
    {
        var scene = new CommitScene(new AdamWOptimizer { Rate = 0.01 }, null, 2);
        var leaves = scene.Leaves(0);
        foreach (var leaf in leaves)
        {
            leaf.AsSpan(scene.Layout.Parameters[1].Start + 3, 13).Fill(float.NaN);
        }

        scene.Commit(scene.Sweep(2), leaves, 2, 64, 0).Norm.ShouldBeInRange(0, double.MaxValue);

        scene.Weights.AsSpan(scene.Layout.Parameters[1].Start + 3, 13).ToArray().ShouldAllBe(weight => weight == 0);
    }

    [Fact]
    public void VectorsOfAnotherLengthAreRefusedAtTheStart()
    {
        var scene = new CommitScene(Sgd, null, 1);

        Should.Throw<ArgumentOutOfRangeException>(() => new CommitSweep(scene.Layout, Sgd, null, new float[3], [], 8, 1));
        Should.Throw<ArgumentOutOfRangeException>(
            () => new CommitSweep(scene.Layout, new AdamOptimizer { Rate = 1 }, null, scene.Weights, scene.State, 8, 1));
    }
}
