using Backprop.Shared.Initializers;
using Backprop.Shared.Primitives;
using Backprop.Shared.Tensors;

namespace Backprop.Tests.Shared.Initializers;

public class RandomInitializerTests
{
    private const int Out = 150;
    private const int In = 200;

    /// <summary>The deviation of the weights, then the largest magnitude, where there is one.</summary>
    public static TheoryData<InitializerSpec, double, double> Weights => new()
    {
        { new DefaultInitializer(), 1 / Math.Sqrt(3 * In), 1 / Math.Sqrt(In) },
        { new KaimingUniformInitializer(), Math.Sqrt(2.0 / In), Math.Sqrt(6.0 / In) },
        { new KaimingNormalInitializer(), Math.Sqrt(2.0 / In), double.PositiveInfinity },
        { new XavierUniformInitializer(), Math.Sqrt(2.0 / (In + Out)), Math.Sqrt(6.0 / (In + Out)) },
        { new XavierNormalInitializer(), Math.Sqrt(2.0 / (In + Out)), double.PositiveInfinity },
        { new NormalInitializer { Deviation = 0.02 }, 0.02, double.PositiveInfinity },
    };

    [Theory]
    [MemberData(nameof(Weights))]
    public void WeightsHaveTheMomentsAndBoundsOfTheirRule(InitializerSpec initializer, double deviation, double bound)
    {
        var values = Fill(initializer, Weight(0));

        var (mean, variance, fourth) = (0.0, 0.0, 0.0);
        foreach (var value in values)
        {
            mean += value / values.Length;
            variance += (double)value * value / values.Length;
            var square = value / deviation * (value / deviation);
            fourth += square * square / values.Length;
        }

        // About four standard errors of each moment of 30,000 draws; the fourth is 1.8 for a uniform, 3 for a normal.
        var normal = double.IsInfinity(bound);
        mean.ShouldBe(0, 4 * deviation / Math.Sqrt(values.Length));
        Math.Sqrt(variance).ShouldBe(deviation, deviation * 0.02);
        fourth.ShouldBe(normal ? 3 : 1.8, normal ? 4 * Math.Sqrt(96.0 / values.Length) : 0.05);
        foreach (var value in values)
        {
            Math.Abs(value).ShouldBeLessThanOrEqualTo((float)bound);
        }
    }

    [Fact]
    public void BiasesAreUniformWithinOneOverTheRootOfTheFanInWhereTheRuleKnowsOnlyWeights()
    {
        var expected = Fill(new DefaultInitializer(), Bias(1));

        expected.ShouldAllBe(value => Math.Abs(value) <= (float)(1 / Math.Sqrt(In)));
        foreach (var kind in new[] { "kaiming-uniform", "kaiming-normal", "xavier-uniform", "xavier-normal" })
        {
            var initializer = (InitializerSpec)Activator.CreateInstance(Catalog<InitializerSpec>.Find(kind)!)!;
            Bits.ShouldBeSame(Fill(initializer, Bias(1)), expected);
        }
    }

    [Fact]
    public void ParametersNeverShareNumbersAndSeedsDiffer()
    {
        var initializer = new DefaultInitializer();
        var first = Fill(initializer, Weight(0));
        var second = Fill(initializer, Weight(1));
        var other = Fill(initializer, Weight(0, seed: 2));

        first.Intersect(second).Count().ShouldBeLessThan(first.Length / 100);
        first.Intersect(other).Count().ShouldBeLessThan(first.Length / 100);
    }

    [Fact]
    public void AnElementDependsOnItsPlaceAloneNotOnHowManyThereAre()
    {
        var initializer = new NormalInitializer { Deviation = 1 };
        var few = new float[10];
        initializer.Fill(Weight(3), few);

        Bits.ShouldBeSame(Fill(initializer, Weight(3)).AsSpan(0, 10), few);
    }

    [Fact]
    public void TheNumbersOfASeedNeverChange()
    {
        // Worked out by a program of its own in Python: Philox4x32-10, math.log, math.cos. Other numbers are another numerics version.
        float[] uniform = [0.0413210429f, -0.0431179106f, -0.0387543701f, -0.0568638407f];
        float[] normal = [-0.0618722364f, 0.00178070343f, 0.0156996511f, -0.111839525f];

        Bits.ShouldBeSame(Fill(new DefaultInitializer(), Weight(0)).AsSpan(0, 4), uniform);
        Bits.ShouldBeSame(Fill(new KaimingNormalInitializer(), Weight(2)).AsSpan(0, 4), normal);
    }

    private static float[] Fill(InitializerSpec initializer, InitializerContext context)
    {
        var values = new float[context.Shape.Volume];
        initializer.Fill(context, values);
        return values;
    }

    private static InitializerContext Weight(int ordinal, ulong seed = 1) =>
        new("weight", "layers.0", new Shape(Out, In), In, Out, ordinal, new CounterRandom(seed, RandomPurpose.Initialize));

    private static InitializerContext Bias(int ordinal) =>
        new("bias", "layers.0", new Shape(Out), In, Out, ordinal, new CounterRandom(1, RandomPurpose.Initialize));
}
