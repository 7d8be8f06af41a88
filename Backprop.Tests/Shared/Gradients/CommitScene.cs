using Backprop.Shared.Gradients;
using Backprop.Shared.Models;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Primitives;
using Backprop.Shared.Tensors;
using Backprop.Tests.Shared.Optimizers;

namespace Backprop.Tests.Shared.Gradients;

/// <summary>A model's flat vectors, filled by seed with numbers whose sums show any change of order.</summary>
internal sealed class CommitScene
{
    public const int Shards = 8;

    /// <summary>Spans as workers would answer them: one, two, ... five leaves, with empty shards where some are missing.</summary>
    private static readonly ShardSpan[][] Answers =
    [
        [new(0, 8)],
        [new(0, 4), new(4, 4)],
        [new(0, 4), new(4, 2), new(6, 2)],
        [new(0, 1), new(2, 2), new(4, 2), new(6, 2)],
        [new(0, 1), new(1, 1), new(2, 2), new(4, 2), new(7, 1)],
    ];

    private readonly OptimizerSpec _optimizer;
    private readonly ClipSpec? _clip;

    public CommitScene(OptimizerSpec optimizer, ClipSpec? clip, int leaves)
    {
        _optimizer = optimizer;
        _clip = clip;
        Spans = Answers[leaves - 1];
        Folds = new int[Spans.Length];
        ReductionTree.Program(Spans, new(0, Shards), Folds);
        var sizes = new[] { (2 * Partition.BlockElements) + 5, 3, Partition.BlockElements, 17, 1, 5000 };
        for (var i = 0; i < sizes.Length; i++)
        {
            Layout.Add($"layers.{i}", "weight", new Shape(sizes[i]), 1, 1, null);
        }

        Weights = Fill(0, wild: false);
        State = OptimizerRun.State(optimizer, Layout.Length);
    }

    public ParameterLayout Layout { get; } = new();

    public ShardSpan[] Spans { get; }

    public int[] Folds { get; }

    public float[] Weights { get; }

    public Memory<float>[] State { get; }

    /// <summary>The gradient sums of each span at a step.</summary>
    public float[][] Leaves(int step) => [.. Spans.Select((_, leaf) => Fill(((step + 1) * 10) + leaf, wild: true))];

    public CommitSweep Sweep(int parts) => new(Layout, _optimizer, _clip, Weights, State, Shards, parts);

    /// <summary>A step by the sweeps, one part after the other.</summary>
    public (double Norm, bool Finite) Commit(
        CommitSweep sweep, float[][] leaves, int parts, int samples, int step, ReadOnlySpan<bool> complete = default)
    {
        var memories = Array.ConvertAll(leaves, leaf => leaf.AsMemory());
        for (var part = 0; part < parts; part++)
        {
            sweep.Reduce(part, parts, memories, Folds, complete, samples);
        }

        var norm = sweep.Norm();
        var finite = true;
        for (var part = parts - 1; part >= 0; part--)
        {
            finite &= sweep.Update(part, parts, memories[0], samples, norm, new(step, _optimizer.Rate));
        }

        return (norm, finite);
    }

    /// <summary>The same step as it is to be read.</summary>
    public double CommitPlainly(float[][] leaves, int samples, int step)
    {
        var nodes = Spans.Zip(leaves).ToDictionary(pair => pair.First, pair => pair.Second);
        var plain = new PerSampleAverage(Layout, _optimizer, _clip);
        var average = PerSampleAverage.Divide(PerSampleAverage.Fold(nodes, new(0, Shards))!, samples);
        var norm = plain.Norm(average);
        plain.Update(average, norm, new(step, _optimizer.Rate), Weights, State);
        return norm;
    }

    private float[] Fill(int seed, bool wild)
    {
        var random = new CounterRandom((ulong)seed, RandomPurpose.Synthetic);
        var flat = new float[Layout.Length];
        foreach (var parameter in Layout.Parameters)
        {
            for (var i = parameter.Start; i < parameter.Start + parameter.Length; i++)
            {
                // Four of sixteen are 1e8, 1 or -1e8, whose sum is 0, 1 or 2 by order alone.
                var word = random.Word(1, (ulong)i) % 16;
                flat[i] = wild && word < 4 ? (word == 0 ? 1e8f : word == 1 ? -1e8f : 1) : (float)((2 * random.Uniform(0, (ulong)i)) - 1);
            }
        }

        return flat;
    }
}
