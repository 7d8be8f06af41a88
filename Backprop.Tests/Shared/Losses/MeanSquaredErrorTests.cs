using Backprop.Shared.Losses;
using Backprop.Shared.Tensors;
using Backprop.Tests.Shared.Kernels;

namespace Backprop.Tests.Shared.Losses;

public class MeanSquaredErrorTests
{
    private static readonly MeanSquaredErrorSpec Loss = new();

    [Fact]
    public void LossAndGradientAreThoseOfTheFormula()
    {
        var (losses, gradient) = (new float[2], new float[4]);

        Loss.Compute([1, 2, 3, -4], new Targets([], [0, 0, 3, -2]), losses, gradient);

        losses.ShouldBe([2.5f, 2]);
        gradient.ShouldBe([1, 2, 0, -2]);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 10)]
    [InlineData(3, 77)]
    public void TheGradientIsTheSlopeOfTheLoss(int rows, int width)
    {
        const double Step = 1e-4;
        var (y, t) = (KernelInputs.Even(rows * width, 3), KernelInputs.Even(rows * width, 2, stream: 1));
        var (losses, gradient) = (new float[rows], new float[y.Length]);

        Loss.Compute(y, new Targets([], t), losses, gradient);

        for (var i = 0; i < y.Length; i++)
        {
            var (above, below) = (y[i] + Step - t[i], y[i] - Step - t[i]);
            (((above * above) - (below * below)) / width / (2 * Step)).ShouldBe(gradient[i], 1e-6);
        }

        for (var row = 0; row < rows; row++)
        {
            var squares = Enumerable.Range(row * width, width).Select(i => ((double)y[i] - t[i]) * ((double)y[i] - t[i]));
            losses[row].ShouldBe((float)(squares.Sum() / width), 1e-5f);
        }
    }

    [Theory]
    [InlineData(300, 10)]
    [InlineData(2, 1024)]
    [InlineData(2, 1025)]
    [InlineData(2, 5000)]
    public void TheSumHasSixteenLanesWithAGradientAndWithout(int rows, int width)
    {
        var (y, t) = (KernelInputs.Mixed(rows * width), KernelInputs.Even(rows * width, 2));
        var (training, evaluation) = (new float[rows], new float[rows]);

        Loss.Compute(y, new Targets([], t), training, new float[y.Length]);
        Loss.Compute(y, new Targets([], t), evaluation, []);

        var squares = y.Zip(t, (a, b) => (a - b) * (a - b)).ToArray();
        var expected = Enumerable.Range(0, rows).Select(row => SixteenLanes.Sum(squares.AsSpan(row * width, width)) / width).ToArray();
        ((ReadOnlySpan<float>)training).ShouldHaveTheBitsOf(expected);
        ((ReadOnlySpan<float>)evaluation).ShouldHaveTheBitsOf(expected);
    }

    [Fact]
    public void NothingIsAllocated()
    {
        var (y, t) = (KernelInputs.Even(640, 3), KernelInputs.Even(640, 2));
        var (losses, gradient) = (new float[64], new float[y.Length]);
        Loss.Compute(y, new Targets([], t), losses, gradient);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Loss.Compute(y, new Targets([], t), losses, gradient);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void WrongShapesAreRefused()
    {
        Should.Throw<ShapeException>(() => Loss.Compute(new float[6], new Targets([], new float[4]), new float[2], []));
        Should.Throw<ShapeException>(() => Loss.Compute(new float[6], new Targets([], new float[6]), new float[2], new float[4]));
    }
}
