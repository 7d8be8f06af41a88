using Backprop.Shared.Gradients;
using Backprop.Shared.Kernels;
using Backprop.Shared.Models;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Primitives;
using Backprop.Shared.Tensors;

namespace Backprop.Tests.Shared.Gradients;

public class CommitArithmeticTests
{
    [Fact]
    public void MultiplyingByTheReciprocalOfAPowerOfTwoIsTheDivision()
    {
        var random = new CounterRandom(5, RandomPurpose.Synthetic);
        for (var power = 0; power <= 30; power++)
        {
            var reciprocal = new ByReciprocal(1 << power);
            var divisor = new ByDivisor(1 << power);
            for (var i = 0UL; i < 2000; i++)
            {
                // Any bits at all: subnormals, both zeros, the largest and what becomes subnormal in the division.
                var value = BitConverter.UInt32BitsToSingle((uint)random.Word((ulong)power, i));
                if (!float.IsNaN(value))
                {
                    BitConverter.SingleToInt32Bits(reciprocal.Apply<WidthScalar, float>(value))
                        .ShouldBe(BitConverter.SingleToInt32Bits(divisor.Apply<WidthScalar, float>(value)));
                }
            }
        }
    }

    [Fact]
    public void TheNormOfThreeAndFourIsFiveAndClippingScalesToTheLimit()
    {
        var layout = new ParameterLayout();
        layout.Add("layers.0", "weight", new Shape(2), 1, 1, null);
        var weights = new float[layout.Length];
        var sums = new float[layout.Length];
        (sums[0], sums[1]) = (30, -40);
        var sweep = new CommitSweep(layout, new SgdOptimizer { Rate = 1 }, new() { Norm = 1 }, weights, [], 1, 1);

        sweep.Reduce(0, 1, [sums], [0], [], 10);
        var norm = sweep.Norm();
        sweep.Update(0, 1, sums, 10, norm, new(0, 1)).ShouldBeTrue();

        norm.ShouldBe(5);
        weights[0].ShouldBe(-3 * (float)(1 / (5 + 1e-6)));
        weights[1].ShouldBe(4 * (float)(1 / (5 + 1e-6)));
    }

    [Fact]
    public void SquaresAreSummedForEveryLengthAsInPlainLanes()
    {
        var random = new CounterRandom(6, RandomPurpose.Synthetic);
        for (var length = 0; length <= 67; length++)
        {
            var values = new float[length];
            var lanes = new double[16];
            for (var i = 0; i < length; i++)
            {
                values[i] = (float)random.Uniform((ulong)length, (ulong)i) * (i % 3 == 0 ? 1e15f : 1);
                lanes[i % 16] += (double)(values[i] / 3) * (values[i] / 3);
            }

            for (var half = 8; half > 0; half /= 2)
            {
                for (var lane = 0; lane < half; lane++)
                {
                    lanes[lane] += lanes[lane + half];
                }
            }

            SquareSum.Of(new ByDivisor(3), values).ShouldBe(lanes[0]);
        }
    }

    [Fact]
    public void SharesCoverEveryBlockOnceAndAreAboutEqual()
    {
        var layout = new ParameterLayout();
        foreach (var size in new[] { 784 * 512, 512, 512 * 512, 512, 5120, 10 })
        {
            layout.Add($"layers.{size}.{layout.Parameters.Count}", "weight", new Shape(size), 1, 1, null);
        }

        var blocks = new CommitBlocks(layout);
        Enumerable.Range(0, blocks.Count).Sum(i => (long)blocks[i].Length).ShouldBe(layout.Count);
        foreach (var parts in new[] { 1, 2, 3, 5, 8, 1000 })
        {
            blocks.PartStart(0, parts).ShouldBe(0);
            blocks.PartStart(parts, parts).ShouldBe(blocks.Count);
            for (var part = 0; part < parts; part++)
            {
                var (first, end) = (blocks.PartStart(part, parts), blocks.PartStart(part + 1, parts));
                end.ShouldBeGreaterThanOrEqualTo(first);
                var elements = Enumerable.Range(first, end - first).Sum(i => (long)blocks[i].Length);
                Math.Abs(elements - (layout.Count / parts)).ShouldBeLessThanOrEqualTo(Partition.BlockElements + 1);
            }
        }
    }

    [Fact]
    public void BlocksNeverStraddleAParameterAndBeginAtCacheLines()
    {
        var layout = new ParameterLayout();
        layout.Add("layers.0", "weight", new Shape(4097), 1, 1, null);
        layout.Add("layers.0", "bias", new Shape(3), 1, 1, null);

        var blocks = new CommitBlocks(layout);

        Enumerable.Range(0, blocks.Count).Select(i => blocks[i]).ShouldBe([new(0, 0, 4096), new(0, 4096, 1), new(1, 4112, 3)]);
    }
}
