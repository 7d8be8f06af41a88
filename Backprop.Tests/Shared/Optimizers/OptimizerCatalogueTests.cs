using Backprop.Shared.Optimizers;
using Backprop.Shared.Primitives;

namespace Backprop.Tests.Shared.Optimizers;

/// <summary>What every optimizer must do; a new kind is tested without a new test.</summary>
public class OptimizerCatalogueTests
{
    private const int Length = 131;

    public static TheoryData<string> Kinds => [.. Catalog<OptimizerSpec>.Kinds];

    [Fact]
    public void TheKindsOfTheRunFileAreAllThere() =>
        Catalog<OptimizerSpec>.Kinds.ShouldBe(["adam", "adamw", "momentum", "nesterov", "sgd"]);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AParabolaIsMinimised(string kind)
    {
        var optimizer = OptimizerRun.Create(kind, 0.03, weightDecay: 0);
        float[] weights = [5, -3, 0.5f];
        var state = OptimizerRun.State(optimizer, 3);

        for (var step = 0; step < 1000; step++)
        {
            OptimizerRun.Step(optimizer, step, [2 * (weights[0] - 1), weights[1] + 2, weights[2]], weights, state);
        }

        weights[0].ShouldBe(1, 1e-3);
        weights[1].ShouldBe(-2, 1e-3);
        weights[2].ShouldBe(0, 1e-3);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void WeightDecayPullsWeightsWithoutGradientTowardsZero(string kind)
    {
        var optimizer = OptimizerRun.Create(kind, 0.01, weightDecay: 0.5);
        float[] weights = [1];
        var state = OptimizerRun.State(optimizer, 1);

        for (var step = 0; step < 20; step++)
        {
            OptimizerRun.Step(optimizer, step, [0], weights, state);
        }

        weights[0].ShouldBeInRange(0.2f, 0.95f);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AZeroGradientFromTheStartLeavesWeightsFiniteAndInPlace(string kind)
    {
        var optimizer = OptimizerRun.Create(kind, 0.1, weightDecay: 0);
        var weights = Random(7);
        var before = (float[])weights.Clone();
        var state = OptimizerRun.State(optimizer, Length);

        for (var step = 0; step < 3; step++)
        {
            OptimizerRun.Step(optimizer, step, new float[Length], weights, state);
        }

        weights.ShouldBe(before);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void NamedVectorsAreTheWholeState(string kind)
    {
        var straight = OptimizerRun.Create(kind, 0.1, weightDecay: 0.1);
        var weights = Random(1);
        var state = OptimizerRun.State(straight, Length);
        for (var step = 0; step < 3; step++)
        {
            OptimizerRun.Step(straight, step, Random(10 + step), weights, state);
        }

        var restored = OptimizerRun.Create(kind, 0.1, weightDecay: 0.1);
        var restoredWeights = (float[])weights.Clone();
        var restoredState = OptimizerRun.State(restored, Length);
        for (var i = 0; i < state.Length; i++)
        {
            state[i].CopyTo(restoredState[i]);
        }

        for (var step = 3; step < 6; step++)
        {
            OptimizerRun.Step(straight, step, Random(10 + step), weights, state);
            OptimizerRun.Step(restored, step, Random(10 + step), restoredWeights, restoredState);
        }

        Bits.ShouldBeSame(restoredWeights, weights);
        restored.StateNames.ShouldBeUnique();
        restored.StateNames.ShouldBe(straight.StateNames);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ABlockCutAnywhereGivesTheSameBits(string kind)
    {
        var optimizer = OptimizerRun.Create(kind, 0.1);
        var whole = Random(2);
        var wholeState = OptimizerRun.State(optimizer, Length);

        foreach (var piece in new[] { 1, 3, 4, 8, 9, 16, 17, 31 })
        {
            whole = Random(2);
            var cut = Random(2);
            Array.ForEach(wholeState, vector => vector.Span.Clear());
            var cutState = OptimizerRun.State(optimizer, Length);
            for (var step = 0; step < 3; step++)
            {
                var gradient = Random(20 + step);
                OptimizerStep at = new(step, 0.1);
                optimizer.Update(at, gradient, whole, new StateBlocks(wholeState, 0, Length));
                for (var start = 0; start < Length; start += piece)
                {
                    var length = Math.Min(piece, Length - start);
                    var blocks = new StateBlocks(cutState, start, length);
                    optimizer.Update(at, gradient.AsSpan(start, length), cut.AsSpan(start, length), blocks);
                }
            }

            Bits.ShouldBeSame(cut, whole);
            for (var i = 0; i < cutState.Length; i++)
            {
                Bits.ShouldBeSame(cutState[i].Span, wholeState[i].Span);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void TwoOfTheSameSettingsAreEqual(string kind) => OptimizerRun.Create(kind, 0.1).ShouldBe(OptimizerRun.Create(kind, 0.1));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void RatesAndDecaysOutOfRangeAreRefusedWithTheirName(string kind)
    {
        foreach (var rate in new[] { 0, -1, double.NaN, double.PositiveInfinity, 1e39 })
        {
            Should.Throw<ArgumentOutOfRangeException>(() => OptimizerRun.Create(kind, rate)).Message.ShouldContain("rate must be above 0");
        }

        foreach (var decay in new[] { -0.1, double.NaN, double.PositiveInfinity })
        {
            Should.Throw<ArgumentOutOfRangeException>(() => OptimizerRun.Create(kind, 1, decay)).Message.ShouldContain("weightDecay must");
        }
    }

    private static float[] Random(int seed)
    {
        var random = new CounterRandom((ulong)seed, RandomPurpose.Synthetic);
        var values = new float[Length];
        for (var i = 0; i < Length; i++)
        {
            values[i] = (float)((2 * random.Uniform(0, (ulong)i)) - 1);
        }

        return values;
    }
}
