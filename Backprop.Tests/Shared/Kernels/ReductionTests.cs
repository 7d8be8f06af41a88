using System.Runtime.CompilerServices;
using Backprop.Shared.Kernels;

namespace Backprop.Tests.Shared.Kernels;

public class ReductionTests
{
    private static readonly int[] Widths = [.. Enumerable.Range(1, 67), 127, 128, 129, 1000, 4096];

    [Fact]
    public void RowSumsFollowTheSixteenLanes()
    {
        foreach (var width in Widths)
        {
            var x = KernelInputs.Mixed(3 * width, (ulong)width);
            var sums = new float[3];

            Reductions.RowSums(x, width, sums);

            Same(sums, x, width, row => SixteenLanes.Sum(row));
        }
    }

    [Fact]
    public void RowMaximaAreTheLargestElements()
    {
        foreach (var width in Widths)
        {
            var x = Array.ConvertAll(KernelInputs.Mixed(3 * width, (ulong)width), value => value - 1000);
            var maxima = new float[3];

            Reductions.RowMaxima(x, width, maxima);

            Same(maxima, x, width, row => SixteenLanes.Maximum(row));
            maxima[1].ShouldBe(x.Skip(width).Take(width).Max());
        }
    }

    [Fact]
    public void AMaximumPassesOverNaN()
    {
        var maxima = new float[2];

        Reductions.RowMaxima([float.NaN, 3, -1, float.NaN, float.NaN, float.NaN], 3, maxima);

        maxima.ShouldBe([3, float.NegativeInfinity]);
    }

    [Fact]
    public void ARowInPiecesHasTheSumOfTheWholeRow()
    {
        var x = KernelInputs.Mixed(1000);
        var lanes = default(Lanes);

        lanes.Take<LaneSum>(x, 48, first: true);
        lanes.Take<LaneSum>(x.AsSpan(48), 16, first: false);
        lanes.Take<LaneSum>(x.AsSpan(64), 936, first: false);

        lanes.Fold<LaneSum>().ShouldBe(SixteenLanes.Sum(x));
    }

    [Fact]
    public void SquareSumsFollowTheSixteenLanesInFloat64()
    {
        foreach (var width in Widths)
        {
            var x = KernelInputs.Mixed(width, (ulong)width);

            SquareSum.Of(default(Identity), x).ShouldBe(SixteenLanes.SquareSum(x));
        }

        SquareSum.Of(default(Identity), []).ShouldBe(0);
        SquareSum.Of(default(Identity), [float.MaxValue, float.MaxValue]).ShouldBe(2.0 * float.MaxValue * float.MaxValue);
    }

    [Fact]
    public void SoftmaxIsThePowersOverTheirSum()
    {
        foreach (var width in Widths)
        {
            var x = KernelInputs.Mixed(70 * width, (ulong)width);
            var actual = new float[x.Length];

            Softmax.Rows(x, width, actual);

            for (var row = 0; row < 70; row++)
            {
                var logits = x.AsSpan(row * width, width);
                var maximum = SixteenLanes.Maximum(logits);
                var powers = Array.ConvertAll(logits.ToArray(), value => FunctionsF.Exp(value - maximum));
                var sum = SixteenLanes.Sum(powers);
                var expected = Array.ConvertAll(powers, power => power / sum);
                ((ReadOnlySpan<float>)actual.AsSpan(row * width, width)).ShouldHaveTheBitsOf(expected);
            }
        }
    }

    [Fact]
    public void ASoftmaxWithoutAFiniteMaximumIsNaN()
    {
        const float Infinity = float.PositiveInfinity;
        var x = new float[] { 1, float.NaN, 2, -Infinity, -Infinity, -Infinity, 1, Infinity, 0 };

        Softmax.Rows(x, 3, x);

        x.Where((_, i) => i != 6 && i != 8).ShouldAllBe(value => float.IsNaN(value));
    }

    private static void Same(ReadOnlySpan<float> actual, float[] x, int width, Func<float[], float> model)
    {
        var expected = new float[actual.Length];
        for (var row = 0; row < expected.Length; row++)
        {
            expected[row] = model(x.AsSpan(row * width, width).ToArray());
        }

        actual.ShouldHaveTheBitsOf(expected);
    }

    private readonly struct Identity : IUnaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Apply<TWidth, TVector>(TVector x)
            where TWidth : struct, IWidth<TVector>
            where TVector : struct => x;
    }
}
