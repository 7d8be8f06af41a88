using Backprop.Shared.Gradients;

namespace Backprop.Tests.Simulation;

/// <summary>
/// A model of three parameters whose gradients are values like 1e8, 1 and -1e8: any change in the order of a sum changes its bits. Each
/// gradient also depends on the weights, so that an error in one step is in all later ones.
/// </summary>
internal sealed class SimulatedModel(SwarmOptions options)
{
    public const float Rate = 1f / 4096;

    private static readonly float[] Palette = [1e8f, -1e8f, 1e8f, -1e8f, 1, -1, 3, 0.5f];

    private readonly ShardSpan[] _leaves = new ShardSpan[options.Rules.Shards];
    private readonly Triple[] _stack = new Triple[options.Rules.Shards];
    private readonly int[] _folds = new int[options.Rules.Shards];

    public static Triple InitialWeights => new(0.5f, -0.25f, 1);

    /// <summary>The sample at a place of a step's batch: a permutation of its own for each epoch.</summary>
    public int SampleAt(int step, int place)
    {
        var rules = options.Rules;
        var epoch = (step - 1) / rules.StepsPerEpoch;
        var position = ((step - 1) % rules.StepsPerEpoch * rules.Batch) + place;
        var hash = SimulationRandom.Mix(options.Seed + (ulong)epoch);
        var stride = 1 + (int)(hash % (ulong)rules.Samples);
        while (GreatestCommonDivisor(stride, rules.Samples) != 1)
        {
            stride++;
        }

        return (int)((((long)position * stride) + (long)(hash >> 40)) % rules.Samples);
    }

    /// <summary>The gradient of one sample.</summary>
    public Triple Gradient(int step, int place, Triple weights)
    {
        if (step == options.PoisonedStep && (place == 0 || place == options.Rules.SamplesOf(step) - 1))
        {
            return options.PoisonIsOverflow ? new Triple(3e38f, 0, 0) : Triple.NotFinite;
        }

        var sample = SampleAt(step, place);
        var hash = SimulationRandom.Mix(options.Seed ^ ((ulong)step << 32) ^ (ulong)sample);
        return new Triple(
            Palette[hash & 7] + (0.125f * weights.A) + (0.0625f * weights.C),
            Palette[(hash >> 8) & 7] + (0.125f * weights.B) + (0.0625f * weights.A),
            Palette[(hash >> 16) & 7] + (0.125f * weights.C) + (0.0625f * weights.B));
    }

    /// <summary>What a worker sends for a span: each shard's sum in row order, added up the tree.</summary>
    public Triple SpanGradient(int step, ShardSpan span, Triple weights, Sabotage sabotage)
    {
        var samples = options.Rules.SamplesOf(step);
        var leaves = 0;
        for (var shard = span.First; shard < span.End; shard++)
        {
            var place = ShardSpan.PlaceOf(shard, options.Rules.Shards, samples);
            var end = ShardSpan.PlaceOf(shard + 1, options.Rules.Shards, samples);
            if (place == end)
            {
                continue;
            }

            end -= sabotage == Sabotage.SampleSkipped && place + 1 < end ? 1 : 0;
            var sum = Gradient(step, place, weights);
            for (place++; place < end; place++)
            {
                sum += Gradient(step, place, weights);
            }

            _leaves[leaves] = new ShardSpan(shard, 1);
            _stack[leaves++] = sum;
        }

        return Fold(_leaves.AsSpan(0, leaves), span, _stack, Sabotage.None);
    }

    /// <summary>Adds the leaves' values up the tree, in place.</summary>
    public Triple Fold(ReadOnlySpan<ShardSpan> leaves, ShardSpan root, Span<Triple> values, Sabotage sabotage)
    {
        ReductionTree.Program(leaves, root, _folds);
        var top = 0;
        for (var leaf = 0; leaf < leaves.Length; leaf++)
        {
            values[top++] = values[leaf];
            var folds = sabotage == Sabotage.FoldInRow ? top - 1 : _folds[leaf];
            for (; folds > 0; folds--)
            {
                top--;
                values[top - 1] += values[top];
            }
        }

        return values[0];
    }

    /// <summary>The sum over a batch divided once by its number of samples.</summary>
    public static Triple Average(Triple sum, int samples) => new(sum.A / samples, sum.B / samples, sum.C / samples);

    /// <summary>Plain gradient descent.</summary>
    public static Triple Update(Triple weights, Triple average) => new(
        weights.A - (Rate * average.A),
        weights.B - (Rate * average.B),
        weights.C - (Rate * average.C));

    /// <summary>What the evaluation of one block gives.</summary>
    public static double BlockValue(int block, Triple weights) =>
        ((double)weights.A * (block + 1)) + ((double)weights.B / (block + 1)) - ((double)weights.C * block);

    private static int GreatestCommonDivisor(int a, int b) => b == 0 ? a : GreatestCommonDivisor(b, a % b);
}
